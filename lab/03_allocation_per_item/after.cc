// Four stages, events from a pool (which resets each before reuse), buffered channels.
#include "lab/03_allocation_per_item/measure.h"
#include "weft/chan.h"
#include "weft/runtime.h"
#include "weft/sync.h"

namespace {

using lab::Event;
using EventPool = weft::Pool<Event>;
using Handle = EventPool::Handle;

template <class Work>
weft::RecvChan<Handle> stage(weft::RecvChan<Handle> in, int buffer, Work work) {
  auto out = weft::make_chan<Handle>(buffer);
  weft::go([in, out, work] {
    for (Handle& event : in) {
      work(*event);
      out.send(std::move(event));
    }
    out.close();
  });
  return out;
}

template <class Source>
void run_pipeline(EventPool& pool, Source source, int buffer, std::int64_t events, lab::Sink& sink) {
  auto first = weft::make_chan<Handle>(buffer);
  weft::go([&pool, first, source, events] {
    for (std::int64_t i = 0; i < events; ++i) {
      Handle event = pool.get();
      source(static_cast<std::size_t>(i), *event);
      first.send(std::move(event));
    }
    first.close();
  });
  auto enriched = stage(first, buffer, [](Event& event) { event.enrich(); });
  for (Handle& event : stage(enriched, buffer, [](Event& e) { e.rate(); })) sink.take(*event);
}

void measure_all(const lab::Arguments& arguments) {
  const lab::Payload input = lab::Payload::read(arguments.text("payload"));
  const int buffer = static_cast<int>(arguments.integer("buffer"));
  EventPool pool([] { return Event(); }, [](Event& event) { event.reset(); });
  lab::Report report;
  simdjson::ondemand::parser parser;
  auto parsed = [&](std::size_t i, Event& event) {
    lab::parse_event(parser, input.padded[i % input.padded.size()], event);
  };
  lab::measure(report, "json", arguments.integer("json-events"),
               [&](std::int64_t events, lab::Sink& sink) { run_pipeline(pool, parsed, buffer, events, sink); });
  auto copied = [&](std::size_t i, Event& event) { event = input.records[i % input.records.size()]; };
  lab::measure(report, "plain", arguments.integer("plain-events"),
               [&](std::int64_t events, lab::Sink& sink) { run_pipeline(pool, copied, buffer, events, sink); });
  lab::report_no_pauses(report);
  report.print();
}

}  // namespace

int main(int argc, char** argv) {
  const lab::Arguments arguments(argc, argv);
  return weft::run([&] { measure_all(arguments); });
}
