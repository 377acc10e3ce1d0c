// No field of a pooled event survives into the next item.
#include "lab/03_allocation_per_item/event.h"

#include <gtest/gtest.h>

#include "weft/runtime.h"
#include "weft/sync.h"

namespace lab {
namespace {

const char* const kPayload = WEFT_SOURCE_DIR "/lab/03_allocation_per_item/payload.jsonl";

TEST(Event, ThePayloadHasEventsWithAndWithoutANote) {
  int with_note = 0;
  const Payload input = Payload::read(kPayload);
  for (const Event& event : input.records) with_note += !event.note.empty();
  EXPECT_EQ(input.records.size(), 64u);
  EXPECT_GT(with_note, 0);
  EXPECT_LT(with_note, 64);
}

TEST(Event, APooledEventShowsOnlyItsOwnFields) {
  weft::run([] {
    const Payload input = Payload::read(kPayload);
    weft::Pool<Event> pool([] { return Event(); }, [](Event& event) { event.reset(); });
    simdjson::ondemand::parser parser;
    for (std::size_t i = 0; i < input.padded.size(); ++i) {
      auto event = pool.get();
      EXPECT_EQ(*event, Event()) << "event " << i << " came back from the pool with fields of another";
      parse_event(parser, input.padded[i], *event);
      EXPECT_EQ(*event, input.records[i]) << "event " << i;
      event->enrich();
      event->rate();
    }
  });
}

// The control: without the reset the leak is there to be seen.
TEST(Event, WithoutResetANoteSurvives) {
  Event event;
  simdjson::ondemand::parser parser;
  parse_event(parser, simdjson::padded_string(std::string(R"({"id":1,"note":"a gift"})")), event);
  parse_event(parser, simdjson::padded_string(std::string(R"({"id":2})")), event);
  EXPECT_EQ(event.note, "a gift");
  event.reset();
  EXPECT_EQ(event, Event());
}

TEST(Event, ReadingNoFileIsAnError) { EXPECT_THROW(Payload::read("/no/such/file"), std::runtime_error); }

}  // namespace
}  // namespace lab
