// Four stages, a fresh event each, unbuffered channels.
#include "lab/03_allocation_per_item/measure.h"
#include "weft/chan.h"
#include "weft/runtime.h"

namespace {

using lab::Event;

template <class Work>
weft::RecvChan<Event> stage(weft::RecvChan<Event> in, Work work) {
  auto out = weft::make_chan<Event>();
  weft::go([in, out, work] {
    for (Event& event : in) {
      work(event);
      out.send(std::move(event));
    }
    out.close();
  });
  return out;
}

template <class Source>
void run_pipeline(Source source, std::int64_t events, lab::Sink& sink) {
  auto first = weft::make_chan<Event>();
  weft::go([first, source, events] {
    for (std::int64_t i = 0; i < events; ++i) first.send(source(static_cast<std::size_t>(i)));
    first.close();
  });
  auto enriched = stage(first, [](Event& event) { event.enrich(); });
  for (Event& event : stage(enriched, [](Event& e) { e.rate(); })) sink.take(event);
}

void measure_all(const lab::Arguments& arguments) {
  const lab::Payload input = lab::Payload::read(arguments.text("payload"));
  lab::Report report;
  simdjson::ondemand::parser parser;
  auto parsed = [&](std::size_t i) {
    Event event;
    lab::parse_event(parser, simdjson::padded_string(input.lines[i % input.lines.size()]), event);
    return event;
  };
  lab::measure(report, "json", arguments.integer("json-events"),
               [&](std::int64_t events, lab::Sink& sink) { run_pipeline(parsed, events, sink); });
  auto copied = [&](std::size_t i) { return Event(input.records[i % input.records.size()]); };
  lab::measure(report, "plain", arguments.integer("plain-events"),
               [&](std::int64_t events, lab::Sink& sink) { run_pipeline(copied, events, sink); });
  lab::report_no_pauses(report);
  report.print();
}

}  // namespace

int main(int argc, char** argv) {
  const lab::Arguments arguments(argc, argv);
  return weft::run([&] { measure_all(arguments); });
}
