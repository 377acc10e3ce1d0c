#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "doctor/flame_tree.h"
#include "doctor/report.h"
#include "doctor/text_style.h"

namespace weft::doctor {
namespace {

namespace json = boost::json;

constexpr double kLeastShare = 0.001;
constexpr std::size_t kMostName = 2000;  // of a function's name

std::string escaped(std::string_view text) {
  std::string html;
  for (char c : printable(text)) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

// In a script element nothing may look like its end.
std::string script_data(const json::value& value) {
  std::string text = json::serialize(value), safe;
  for (char c : text) safe += c == '<' ? std::string("\\u003c") : std::string(1, c);
  return safe;
}

std::vector<const Finding*> findings_of(const Verdict& verdict) {
  std::vector<const Finding*> all = verdict.actions;
  all.insert(all.end(), verdict.others.begin(), verdict.others.end());
  return all;
}

// [function, value, bit set of the findings that mark it, [children]]
json::array node_data(const std::vector<FlameNode>& tree, std::uint32_t at,
                      const std::vector<const Finding*>& findings) {
  std::int64_t marks = 0;
  for (std::size_t i = 0; i < findings.size() && i < 50; ++i) {
    if (share_class(tree[at].classes, findings[i]->marks)) marks |= std::int64_t{1} << i;
  }
  json::array children;
  for (std::uint32_t c : tree[at].children) children.push_back(node_data(tree, c, findings));
  return {json::string(printable(tree[at].function.substr(0, kMostName))), tree[at].value, marks, std::move(children)};
}

void write_finding(std::ostream& out, const Finding& finding, std::size_t number) {
  out << fmt::format("<section class=\"finding {}\" data-finding=\"{}\"><h3>{} <small>{}</small></h3><p><b>{}</b></p>",
                     finding.act() ? severity_name(finding.severity) : "info", number, escaped(finding.id()),
                     finding.act() ? severity_name(finding.severity) : "do not act", escaped(finding.headline));
  const auto row = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) out << "<dt>" << name << "</dt><dd>" << escaped(text) << "</dd>";
  };
  out << "<dl>";
  row("do not act, because", finding.refusal);
  if (finding.act()) {
    row("do", finding.action);
    row("gain", finding.gain_text);
  }
  for (const std::string& line : finding.evidence) row("seen", line);
  for (const Site& site : finding.sites) row("where", fmt::format("{:.1f}%  {}", 100 * site.share, site.function));
  if (finding.act()) row("mind", finding.gap);
  out << "</dl></section>\n";
}

constexpr std::string_view kHead = R"html(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>weft doctor</title>
<style>
:root{color-scheme:light dark;--line:#8884;--high:#d33;--warning:#c80;--info:#68a}
body{font:15px/1.45 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}
h3{margin:.2rem 0}
small{font-weight:400;opacity:.7}
.finding{border-left:.3rem solid var(--info);padding:.3rem .8rem;margin:.8rem 0;cursor:pointer}
.finding.high{border-color:var(--high)}
.finding.warning{border-color:var(--warning)}
.finding.chosen{background:#8882}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem .8rem;margin:.3rem 0}
dt{opacity:.7}
dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse}
td{border-top:1px solid var(--line);padding:.2rem .6rem;vertical-align:top}
#flame{position:relative;border:1px solid var(--line)}
#flame div{position:absolute;height:18px;overflow:hidden;white-space:nowrap;box-sizing:border-box;padding:0 3px}
#flame div{font:12px/18px ui-monospace,monospace;border:1px solid #0003;background:#9aa5;cursor:pointer}
#flame div.marked{background:var(--high);color:#fff}
</style></head><body>
)html";

// Draws from the root down; a click on a frame makes it the root, a click on a finding marks its frames.
constexpr std::string_view kScript = R"html(<script>
const flame=document.getElementById('flame');let root=data,chosen=-1;
function total(n){return n[1]}
function draw(){flame.textContent='';const width=flame.clientWidth;let depth=0;
 const place=(n,x,w,d)=>{if(w<1.5)return;depth=Math.max(depth,d);const e=document.createElement('div');
  e.style.left=x+'px';e.style.width=w+'px';e.style.top=18*d+'px';e.textContent=n[0];
  e.title=n[0]+'  '+(100*n[1]/data[1]).toFixed(1)+'%';if(chosen>=0&&Math.floor(n[2]/2**chosen)%2)e.className='marked';
  e.onclick=()=>{root=n===root?data:n;draw()};flame.append(e);let at=x;
  for(const c of n[3]){const cw=w*total(c)/total(n);place(c,at,cw,d+1);at+=cw}};
 place(root,0,width,0);flame.style.height=18*(depth+1)+'px'}
for(const f of document.querySelectorAll('.finding'))f.onclick=()=>{const n=+f.dataset.finding;chosen=chosen===n?-1:n;
 for(const g of document.querySelectorAll('.finding'))g.classList.toggle('chosen',+g.dataset.finding===chosen);draw()};
addEventListener('resize',draw);draw();
</script>
)html";

void write_rules(std::ostream& out, const Verdict& verdict) {
  static constexpr const char* kOutcomes[] = {"fires", "healthy", "cannot judge"};
  out << "<h2>All rules</h2><table>";
  for (const RuleResult& result : verdict.results) {
    const Judgement& judgement = result.judgement;
    const std::string words = judgement.outcome == Outcome::kCannotJudge
                                  ? judgement.missing + ". It would help: " + judgement.would_help
                                  : judgement.seen;
    out << fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n", escaped(result.rule->card.id),
                       escaped(result.rule->card.title), kOutcomes[static_cast<int>(judgement.outcome)],
                       escaped(words));
  }
  out << "</table>\n";
}

void write_list(std::ostream& out, std::string_view heading, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  out << "<h2>" << heading << "</h2><ul>";
  for (const std::string& line : lines) out << "<li>" << escaped(line) << "</li>";
  out << "</ul>\n";
}

// "Nothing to act on" says little where little could be judged.
std::string verdict_line(const Verdict& verdict) {
  if (!verdict.actions.empty()) return fmt::format("{} to act on.", verdict.actions.size());
  const auto judged = std::ranges::count_if(
      verdict.results, [](const RuleResult& result) { return result.judgement.outcome != Outcome::kCannotJudge; });
  if (judged == 0) return "Nothing could be judged.";
  return fmt::format("Nothing to act on ({} of {} rules could be judged).", judged, verdict.results.size());
}

}  // namespace

void write_html(std::ostream& out, const Case& service, const Verdict& verdict) {
  const auto findings = findings_of(verdict);
  out << kHead << "<h1>weft doctor: " << escaped(service.evidence.name) << "</h1>\n";
  out << "<p>" << verdict_line(verdict) << (service.evidence.cpu ? " A click on a finding marks its frames below." : "")
      << "</p>\n";
  for (std::size_t i = 0; i < findings.size(); ++i) write_finding(out, *findings[i], i);
  write_list(out, "Remarks", verdict.notes);
  const auto tree = service.evidence.cpu ? flame_tree(*service.evidence.cpu, kLeastShare) : std::vector<FlameNode>();
  if (!tree.empty()) out << "<h2>CPU, from the root down</h2><div id=\"flame\"></div>\n";
  write_rules(out, verdict);
  write_list(out, "Read", service.evidence.sources);
  write_list(out, "Not read", service.evidence.unread);
  if (!tree.empty())
    out << "<script>const data=" << script_data(node_data(tree, 0, findings)) << "</script>\n" << kScript;
  out << "</body></html>\n";
}

}  // namespace weft::doctor
