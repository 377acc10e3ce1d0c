// Profiles encoded by hand: what a reader must make of them, and what it must refuse, with which words.
#include "pprof/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "support/proto_text.h"

namespace weft::pprof {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using weft::testing::message;
using weft::testing::number;
using weft::testing::packed;
using weft::testing::varint;

constexpr std::uint64_t kMinusOne = ~std::uint64_t{0};

// Fields of the outermost message.
std::string sample_type(std::uint64_t type, std::uint64_t unit) {
  return message(1, number(1, type) + number(2, unit));
}
std::string sample(const std::string& content) { return message(2, content); }
std::string mapping(const std::string& content) { return message(3, content); }
std::string location(const std::string& content) { return message(4, content); }
std::string function(std::uint64_t id, std::uint64_t name) { return message(5, number(1, id) + number(2, name)); }
std::string strings(std::initializer_list<std::string_view> texts) {
  std::string bytes;
  for (const std::string_view text : texts) bytes += message(6, text);
  return bytes;
}
std::string line(std::uint64_t function_id) { return message(4, number(1, function_id)); }

// One sample of main.work inlined into main.main, in string 1 and 2; samples/count.
const std::string kTexts = strings({"", "main.work", "main.main", "samples", "count"});
const std::string kType = sample_type(3, 4);
const std::string kFunctions = function(1, 1) + function(2, 2);
const std::string kLocation = location(number(1, 1) + number(3, 0x1000) + line(1) + line(2));
const std::string kSample = sample(packed(1, {1}) + packed(2, {7}));

std::string error_of(const std::string& bytes, const ReadLimits& limits = {}) {
  try {
    read_profile(bytes, limits);
  } catch (const BadProfile& e) {
    return e.what();
  }
  return "no error";
}

TEST(Reader, ReadsTheParts) {
  const Profile profile =
      read_profile(kType + kSample + kLocation + kFunctions + kTexts + number(9, 11) + number(10, 12) +
                   message(11, number(1, 3) + number(2, 4)) + number(12, 13) + number(13, 1) + number(14, 3));
  EXPECT_EQ(profile.column("samples"), 0);
  EXPECT_EQ(profile.sample_types[0].unit, "count");
  ASSERT_THAT(profile.samples, SizeIs(1));
  EXPECT_EQ(profile.value(0, 0), 7);
  ASSERT_THAT(profile.stack(profile.samples[0]), ElementsAre(0));
  const auto lines = profile.lines_of(profile.locations[0]);
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(profile.functions[lines[0].function].name, "main.work");
  EXPECT_EQ(profile.functions[lines[1].function].name, "main.main");
  EXPECT_EQ(profile.locations[0].address, 0x1000u);
  EXPECT_EQ(profile.locations[0].mapping, -1);
  EXPECT_EQ(profile.time_nanos, 11);
  EXPECT_EQ(profile.duration_nanos, 12);
  EXPECT_EQ(profile.period, 13);
  EXPECT_EQ(profile.period_type.type, "samples");
  EXPECT_THAT(profile.comments, ElementsAre("main.work"));
  EXPECT_EQ(profile.default_sample_type, "samples");
}

TEST(Reader, TakesThePartsInAnyOrder) {
  const Profile profile = read_profile(kTexts + kFunctions + kLocation + kSample + kType);
  EXPECT_EQ(profile.functions[profile.lines[0].function].name, "main.work");
  EXPECT_EQ(profile.value(0, 0), 7);
}

TEST(Reader, TakesPackedAndUnpackedNumbers) {
  const std::string unpacked = sample(number(1, 1) + number(1, 1) + number(2, 5));
  const std::string mixed = sample(number(1, 1) + packed(1, {1, 1}) + packed(2, {6}));
  const Profile profile = read_profile(kType + unpacked + mixed + kLocation + kFunctions + kTexts);
  EXPECT_THAT(profile.stack(profile.samples[0]), ElementsAre(0, 0));
  EXPECT_THAT(profile.stack(profile.samples[1]), ElementsAre(0, 0, 0));
  EXPECT_THAT(profile.values, ElementsAre(5, 6));
}

TEST(Reader, IdsNeedNotBeSequential) {
  const std::uint64_t address = 0xFFFF'FFFF'8000'0000u;
  const std::string far = location(number(1, address) + line(900'000)) + location(number(1, 3) + line(1u << 31));
  const std::string functions = function(900'000, 1) + function(1u << 31, 2);
  const Profile profile =
      read_profile(kType + sample(packed(1, {3, address}) + number(2, 1)) + far + functions + kTexts);
  EXPECT_THAT(profile.stack(profile.samples[0]), ElementsAre(1, 0));
  EXPECT_EQ(profile.functions[profile.lines[0].function].name, "main.work");
  EXPECT_EQ(profile.functions[profile.lines[1].function].name, "main.main");
}

TEST(Reader, UnsymbolizedLocationsHaveNoLines) {
  const std::string unsymbolized = location(number(1, 1) + number(2, 5) + number(3, 0x42) + number(5, 1) + line(0));
  const std::string map =
      mapping(number(1, 5) + number(2, 0x40) + number(3, 0x50) + number(4, 8) + number(5, 1) + number(6, 2));
  const Profile profile = read_profile(kType + kSample + unsymbolized + map + kTexts);
  EXPECT_THAT(profile.lines_of(profile.locations[0]), IsEmpty());
  ASSERT_EQ(profile.locations[0].mapping, 0);
  EXPECT_EQ(profile.mappings[0].start, 0x40u);
  EXPECT_EQ(profile.mappings[0].limit, 0x50u);
  EXPECT_EQ(profile.mappings[0].offset, 8u);
  EXPECT_EQ(profile.mappings[0].file, "main.work");
  EXPECT_EQ(profile.mappings[0].build_id, "main.main");
}

TEST(Reader, SamplesShareLabelsThatAreAlike) {
  const std::string two =
      message(3, number(1, 3) + number(2, 1)) + message(3, number(1, 4) + number(3, kMinusOne) + number(4, 4));
  const std::string one = message(3, number(1, 3) + number(2, 1));
  const std::string apart = sample(number(1, 1) + one + number(2, 1) + one);
  const Profile profile = read_profile(kType + sample(number(1, 1) + number(2, 1) + two) + sample(number(2, 2) + two) +
                                       sample(number(2, 3) + one) + kSample + apart + kLocation + kFunctions + kTexts);
  for (const std::size_t i : {0u, 1u}) {
    const auto labels = profile.labels_of(profile.samples[i]);
    ASSERT_THAT(labels, SizeIs(2));
    EXPECT_EQ(labels[0].key, "samples");
    EXPECT_EQ(labels[0].text, "main.work");
    EXPECT_EQ(labels[1].key, "count");
    EXPECT_EQ(labels[1].number, -1);
    EXPECT_EQ(labels[1].unit, "count");
  }
  EXPECT_THAT(profile.labels_of(profile.samples[2]), SizeIs(1));
  EXPECT_THAT(profile.labels_of(profile.samples[3]), IsEmpty());
  EXPECT_THAT(profile.labels_of(profile.samples[4]), SizeIs(2));
  EXPECT_THAT(profile.labels, SizeIs(2 + 1 + 2));
}

TEST(Reader, AProfileOfNothingIsOne) {
  const Profile profile = read_profile(kType + kTexts);
  EXPECT_THAT(profile.samples, IsEmpty());
  EXPECT_THAT(read_profile(strings({""})).sample_types, IsEmpty());
}

TEST(Reader, FieldsOfLaterFormatsAreSkipped) {
  const std::string later =
      number(100, 5) + message(101, "text") + varint(102 << 3 | 1) + "12345678" + varint(103 << 3 | 5) + "1234";
  const Profile profile = read_profile(later + kType + sample(later + packed(1, {1}) + packed(2, {7})) +
                                       location(later + number(1, 1)) + message(5, later + number(1, 1)) + kTexts);
  EXPECT_THAT(profile.samples, SizeIs(1));
}

TEST(Reader, TextsMayHoldAnything) {
  const std::string odd("a\0b\xff", 4);
  const Profile profile = read_profile(function(1, 1) + strings({"", odd}));
  EXPECT_EQ(profile.functions[0].name, odd);
}

TEST(Reader, SaysWhichIndexIsBad) {
  const auto with = [](const std::string& part) { return error_of(kType + part + kTexts); };
  EXPECT_EQ(with(function(1, 1) + function(2, 99)), "damaged profile: function 2: its name is string 99 of 5");
  EXPECT_EQ(with(message(5, number(1, 1) + number(3, kMinusOne))),
            "damaged profile: function 1: its system name is string -1 of 5");
  EXPECT_EQ(with(message(5, number(1, 1) + number(4, 5))), "damaged profile: function 1: its file is string 5 of 5");
  EXPECT_EQ(with(mapping(number(1, 1) + number(5, 7))), "damaged profile: mapping 1: its file is string 7 of 5");
  EXPECT_EQ(with(mapping(number(1, 1) + number(6, 7))), "damaged profile: mapping 1: its build id is string 7 of 5");
  EXPECT_EQ(with(sample_type(9, 0)), "damaged profile: sample type 2: its type is string 9 of 5");
  EXPECT_EQ(with(message(11, number(2, 9))), "damaged profile: period type of profile 1: its unit is string 9 of 5");
  EXPECT_EQ(with(number(13, 9)), "damaged profile: comment 1: its text is string 9 of 5");
  EXPECT_EQ(with(number(14, 9)), "damaged profile: default sample type of profile 1: its name is string 9 of 5");
  EXPECT_EQ(with(location(number(1, 1) + line(3))),
            "damaged profile: location 1: it names function 3, which is not there");
  EXPECT_EQ(with(location(number(1, 1) + number(2, 3))),
            "damaged profile: location 1: it names mapping 3, which is not there");
  EXPECT_EQ(with(kSample), "damaged profile: sample 1: it names location 1, which is not there");
  EXPECT_EQ(with(sample(packed(1, {0}) + packed(2, {1}))),
            "damaged profile: sample 1: it names location 0, which is not there");
  EXPECT_EQ(with(sample(message(3, number(1, 8)) + number(2, 1))),
            "damaged profile: sample 1: its label's key is string 8 of 5");
}

TEST(Reader, SaysWhichIdIsBad) {
  const auto with = [](const std::string& part) { return error_of(kType + part + kTexts); };
  EXPECT_EQ(with(function(1, 1) + function(0, 1)), "damaged profile: function 2: it has no id (0)");
  EXPECT_EQ(with(location("")), "damaged profile: location 1: it has no id (0)");
  EXPECT_EQ(with(mapping("")), "damaged profile: mapping 1: it has no id (0)");
  EXPECT_EQ(with(function(7, 1) + function(7, 1)), "damaged profile: two functions have the id 7");
  EXPECT_EQ(with(location(number(1, kMinusOne)) + location(number(1, kMinusOne))),
            "damaged profile: two locations have the id 18446744073709551615");
}

TEST(Reader, EachSampleHasAValueForEachType) {
  const std::string rest = kType + sample_type(1, 2) + kLocation + kFunctions + kTexts;
  EXPECT_EQ(error_of(rest + kSample), "damaged profile: sample 1: 1 values for 2 sample types");
  EXPECT_EQ(error_of(rest + sample(packed(2, {1, 2})) + sample(packed(2, {1, 2, 3, 4}))),
            "damaged profile: sample 2: at least 3 values for 2 sample types");
  EXPECT_EQ(error_of(sample("") + kTexts), "damaged profile: samples, and no sample type");
}

TEST(Reader, TheStringTableBeginsWithTheEmptyString) {
  EXPECT_EQ(error_of(kType), "damaged profile: no string table");
  EXPECT_EQ(error_of(strings({"a", ""})), "damaged profile: the first string of its table is not empty");
}

TEST(Reader, TruncatedAnywhereItIsRefused) {
  const std::string whole = kTexts + kType + kFunctions + kLocation + kSample;
  int refused = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string error = error_of(whole.substr(0, size));
    if (error != "no error") ++refused;
  }
  // What ends between two fields is a smaller profile, if it has a string table.
  EXPECT_EQ(refused, static_cast<int>(whole.size()) - 9);
  EXPECT_EQ(error_of(whole.substr(0, whole.size() - 1)), "damaged profile: truncated after 80 bytes");
}

TEST(Reader, DamageInsideAPartIsNamed) {
  const std::string endless(11, '\xff');
  EXPECT_EQ(error_of(kTexts + sample(message(1, "\x80"))), "damaged profile: samples, and no sample type");
  EXPECT_EQ(error_of(kTexts + kType + sample(message(1, "\x80"))), "damaged profile: sample 1: cut short");
  EXPECT_EQ(error_of(kTexts + kType + sample(varint(1 << 3 | 2) + "\x7f")), "damaged profile: sample 1: cut short");
  EXPECT_EQ(error_of(kTexts + kType + sample(message(2, endless))),
            "damaged profile: sample 1: varint too long exception");
  EXPECT_EQ(error_of(kTexts + kType + sample(varint(7 << 3 | 3))),
            "damaged profile: sample 1: unknown pbf field type exception");
  EXPECT_EQ(error_of(kTexts + kType + message(5, message(1, "a"))),
            "damaged profile: function 1: a field of another type than the format says");
  EXPECT_EQ(error_of(kTexts + number(2, 5)), "damaged profile: a field of another type than the format says");
}

TEST(Reader, OtherThingsAreNoProfiles) {
  EXPECT_EQ(error_of(""), "not a pprof profile: it is empty");
  EXPECT_THAT(error_of("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
              HasSubstr("not a pprof profile: no protocol buffer at all"));
  EXPECT_EQ(error_of(number(100, 1)), "not a pprof profile: it has none of the fields of one");
  EXPECT_EQ(error_of(std::string(8, '\0')), "not a pprof profile: no protocol buffer at all");
  EXPECT_THAT(error_of("heap profile: 1: 2 [3: 4] @ heap/1048576\n"), HasSubstr("legacy text"));
  EXPECT_THAT(error_of("goroutine profile: total 5\n"), HasSubstr("goroutine profile as text"));
  EXPECT_THAT(error_of("--- contention:\ncycles/second=1\n"), HasSubstr("block profile as legacy text"));
  EXPECT_THAT(error_of("--- mutex:\n"), HasSubstr("mutex profile"));
  EXPECT_THAT(error_of("<!DOCTYPE html>"), HasSubstr("HTML"));
  EXPECT_THAT(error_of("\x7f"
                       "ELF\2\1\1"),
              HasSubstr("ELF"));
  EXPECT_THAT(error_of("go 1.26 trace\0\0\0"), HasSubstr("execution trace"));
  EXPECT_THAT(error_of(std::string("FLR\0\0\2", 6)), HasSubstr("Java Flight Recorder"));
  const std::string words64 = std::string(8, '\0') + '\3' + std::string(15, '\0') + "\x10\x27" + std::string(14, '\0');
  const std::string words32 = std::string(4, '\0') + '\3' + std::string(7, '\0') + "\x10\x27" + std::string(6, '\0');
  EXPECT_THAT(error_of(words64), HasSubstr("gperftools' binary CPU profile"));
  EXPECT_THAT(error_of(words32), HasSubstr("gperftools' binary CPU profile"));
}

TEST(Reader, ALongTextThatManyShareIsBounded) {
  std::string bytes = strings({"", std::string(1000, 'x')});
  for (std::uint64_t id = 1; id <= 2000; ++id) bytes += function(id, 1);
  ReadLimits limits;
  limits.profile_bytes = 4'000'000;
  EXPECT_EQ(read_profile(bytes, limits).functions.size(), 2000u);
  limits.profile_bytes = 2'000'000;
  EXPECT_THAT(error_of(bytes, limits), HasSubstr("takes more memory than the limit"));
}

TEST(Reader, EveryPartCountsAgainstTheLimit) {
  ReadLimits limits;
  limits.profile_bytes = 10'000;
  const auto many = [](const std::string& part) {
    std::string bytes = kTexts + kType;
    for (int i = 0; i < 2000; ++i) bytes += part;
    return bytes;
  };
  const std::string labels = message(3, number(1, 1)) + message(3, number(1, 2));
  for (const std::string& part : {kType, sample(number(2, 1)), mapping(""), location(""), function(1, 1), strings({""}),
                                  number(13, 1), sample(number(2, 1) + labels)}) {
    EXPECT_THAT(error_of(many(part), limits), HasSubstr("more memory than the limit"));
  }
  EXPECT_THAT(error_of(kTexts + kType + sample(message(1, std::string(5000, '\1'))), limits),
              HasSubstr("more memory than the limit"));
  limits.unpacked_bytes = 100;
  EXPECT_EQ(error_of(many(kType), limits), "more than 100 bytes, the limit");
}

TEST(Reader, ASampleHasAFewLabels) {
  std::string labels;
  for (int i = 0; i < 10'001; ++i) labels += message(3, "");
  EXPECT_EQ(error_of(kTexts + kType + sample(number(2, 1) + labels)),
            "damaged profile: sample 1: more than 10,000 labels");
}

TEST(Reader, CapturedProfilesOfGoAreRead) {
  std::ifstream file(WEFT_SOURCE_DIR "/tests/data/doctor/03-before/cpu.pb.gz", std::ios::binary);
  const Profile profile = read_profile(std::string(std::istreambuf_iterator<char>(file), {}));
  EXPECT_EQ(profile.sample_types.size(), 2u);
  EXPECT_EQ(profile.column("cpu"), 1);
  EXPECT_EQ(profile.period, 10'000'000);
  EXPECT_EQ(profile.duration_nanos / 10'000'000, 609);
}

TEST(Reader, KindsFollowFromSampleTypes) {
  const auto kind = [](std::vector<std::string> types, const std::string& period_type = "") {
    Profile profile;
    for (std::string& type : types) profile.sample_types.push_back({std::move(type), ""});
    profile.period_type.type = period_type;
    return kind_of(profile);
  };
  EXPECT_EQ(kind({"samples", "cpu"}), ProfileKind::kCpu);
  EXPECT_EQ(kind({"samples"}, "cpu"), ProfileKind::kCpu);
  EXPECT_EQ(kind({"cycles:P_sample", "cycles:P_event"}), ProfileKind::kCpu);
  EXPECT_EQ(kind({"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"}), ProfileKind::kHeap);
  EXPECT_EQ(kind({"inuse_objects", "inuse_space"}), ProfileKind::kHeap);
  EXPECT_EQ(kind({"goroutine"}), ProfileKind::kGoroutine);
  EXPECT_EQ(kind({"goroutineleak"}), ProfileKind::kGoroutineLeak);
  EXPECT_EQ(kind({"contentions", "delay"}), ProfileKind::kContention);
  EXPECT_EQ(kind({"threadcreate"}), ProfileKind::kThreadCreate);
  EXPECT_EQ(kind({"samples", "time"}, "wallclock"), ProfileKind::kOther);
  EXPECT_EQ(kind({}), ProfileKind::kOther);
}

}  // namespace
}  // namespace weft::pprof
