#include "doctor/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <system_error>

#include "doctor/bundle.h"
#include "doctor/collect.h"
#include "doctor/comparison.h"
#include "doctor/report.h"
#include "doctor/text_style.h"

namespace weft::doctor {
namespace {

namespace fs = std::filesystem;

bool is_url(const std::string& target) { return target.starts_with("http://") || target.starts_with("https://"); }

CollectOptions collect_options(const DoctorOptions& options, std::ostream& err) {
  CollectOptions collect;
  collect.cpu_seconds = options.seconds;
  collect.leak_profile = options.leaks;
  collect.verify_tls = !options.insecure;
  collect.bearer_token = options.token;
  collect.save_folder = options.save.value_or("");
  if (!options.quiet) collect.progress = [&err](const std::string& line) { err << line << std::endl; };
  return collect;
}

void add_target(Evidence& evidence, const std::string& target, const CollectOptions& collect) {
  if (is_url(target)) {
    collect_url(evidence, target, collect);
    return;
  }
  std::error_code unknown;  // then opening it as a file says why
  if (fs::is_directory(target, unknown)) {
    add_folder(evidence, target);
  } else {
    add_file(evidence, target);
  }
}

std::string name_of(const std::string& target) {
  if (is_url(target)) return target;
  const fs::path path = fs::path(target).lexically_normal();
  return path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
}

// Two looks in one folder would be read as one.
void check_save_folder(const DoctorOptions& options) {
  if (!options.save) return;
  const auto urls = std::ranges::count_if(options.targets, is_url);
  if (urls > 1) throw std::runtime_error("--save keeps one look: name one URL");
  if (urls == 0 && !options.pid) throw std::runtime_error("--save keeps what a URL or --pid says: name one");
  std::error_code unknown;  // then making it says why
  if (fs::is_directory(*options.save, unknown) && !fs::is_empty(*options.save, unknown)) {
    throw std::system_error(std::make_error_code(std::errc::directory_not_empty), *options.save);
  }
}

Evidence gather(const DoctorOptions& options, std::ostream& err) {
  check_save_folder(options);
  Evidence evidence;
  const CollectOptions collect = collect_options(options, err);
  for (const std::string& target : options.targets) add_target(evidence, target, collect);
  if (options.binary) add_file(evidence, *options.binary);
  for (const std::string& log : options.logs) add_file(evidence, log);
  if (options.pid) collect_pid(evidence, *options.pid, collect);
  settle(evidence);
  evidence.name = !options.targets.empty() ? name_of(options.targets.front())
                  : options.pid            ? fmt::format("process {}", *options.pid)
                  : options.binary         ? name_of(*options.binary)
                                           : name_of(options.logs.front());
  return evidence;
}

// False: the file can't be written; said on `err`.
bool write_report(const std::optional<std::string>& file, std::ostream& out, std::ostream& err,
                  const std::function<void(std::ostream&)>& write) {
  if (!file) return true;
  if (*file == "-") {
    write(out);
    return true;
  }
  std::ofstream stream(*file);
  write(stream);
  stream.flush();
  if (!stream) err << "weft doctor: " << printable(*file) << ": not writable\n";
  return static_cast<bool>(stream);
}

bool takes_over(const std::optional<std::string>& file) { return file && *file == "-"; }

ExitCode code_of(const Verdict& verdict, const std::string& fail_on) {
  const Severity least = fail_on == "info" ? Severity::kInfo : fail_on == "high" ? Severity::kHigh : Severity::kWarning;
  const auto worst = verdict.worst();
  return worst && *worst >= least ? ExitCode::kFindings : ExitCode::kHealthy;
}

bool nothing_read(const Evidence& evidence, std::ostream& err) {
  if (!evidence.sources.empty()) return false;
  for (const std::string& line : evidence.unread) err << "weft doctor: " << printable(line) << '\n';
  err << "weft doctor: nothing that can be judged was read\n";
  return true;
}

ExitCode diagnose(const DoctorOptions& options, std::ostream& out, std::ostream& err) {
  const Evidence evidence = gather(options, err);
  if (nothing_read(evidence, err)) return ExitCode::kUnusable;
  const Case service(evidence);
  const Verdict verdict = judge_all(service);
  if (!takes_over(options.json) && !takes_over(options.html) && !takes_over(options.sarif))
    write_text(out, service, verdict, {options.colour, options.width});
  const bool written =
      write_report(options.json, out, err, [&](std::ostream& to) { write_json(to, service, verdict); }) &&
      write_report(options.html, out, err, [&](std::ostream& to) { write_html(to, service, verdict); }) &&
      write_report(options.sarif, out, err,
                   [&](std::ostream& to) { write_sarif(to, service, verdict, options.version); });
  return written ? code_of(verdict, options.fail_on) : ExitCode::kUnusable;
}

ExitCode diagnose_change(const DoctorOptions& options, std::ostream& out, std::ostream& err) {
  const CollectOptions collect = collect_options(options, err);
  const auto read = [&](const std::string& target) {
    Evidence evidence;
    add_target(evidence, target, collect);
    settle(evidence);
    evidence.name = name_of(target);
    return evidence;
  };
  const Evidence before = read(*options.before), after = read(*options.after);
  if (nothing_read(before, err) || nothing_read(after, err)) return ExitCode::kUnusable;
  const Case before_case(before), after_case(after);
  const Verdict before_verdict = judge_all(before_case), after_verdict = judge_all(after_case);
  const Comparison comparison = compare(before_case, before_verdict, after_case, after_verdict);
  if (!takes_over(options.json))
    write_comparison(out, before_case, after_case, comparison, {options.colour, options.width});
  const bool written = write_report(options.json, out, err, [&](std::ostream& to) {
    write_comparison_json(to, before_case, after_case, comparison);
  });
  return written ? code_of(after_verdict, options.fail_on) : ExitCode::kUnusable;
}

}  // namespace

ExitCode run_doctor(const DoctorOptions& options, std::ostream& out, std::ostream& err) {
  try {
    const ExitCode code = options.before ? diagnose_change(options, out, err) : diagnose(options, out, err);
    out.flush();
    if (out) return code;
    err << "weft doctor: standard output: not writable\n";
    return ExitCode::kUnusable;
  } catch (const std::exception& error) {
    err << "weft doctor: " << printable(error.what()) << '\n';
    return ExitCode::kUnusable;
  }
}

ExitCode explain(const std::string& rule, bool colour, std::ostream& out, std::ostream& err) {
  if (rule == "all") {
    write_reference(out);
    return ExitCode::kHealthy;
  }
  const Rule* found = find_rule(rule);
  if (found == nullptr) {
    err << "weft doctor: there is no rule '" << printable(rule) << "'; there are";
    for (const Rule* known : all_rules()) err << ' ' << known->card.id;
    err << '\n';
    return ExitCode::kUnusable;
  }
  write_card(out, found->card, {.colour = colour});
  return ExitCode::kHealthy;
}

}  // namespace weft::doctor
