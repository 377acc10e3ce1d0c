// gzip as servers, tools and attackers write it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "pprof/reader.h"

namespace weft::pprof {
namespace {

using ::testing::HasSubstr;

std::string gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  std::string in = text;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string noise(std::size_t size) {
  std::string text;
  std::uint32_t state = 1;
  while (text.size() < size) text += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return text;
}

constexpr std::size_t kMost = 10'000'000;

std::string error_of(const std::string& bytes, std::size_t most = kMost) {
  try {
    gunzip(bytes, most);
  } catch (const BadProfile& e) {
    return e.what();
  }
  return "no error";
}

TEST(Gzip, IsKnownByItsFirstBytes) {
  EXPECT_TRUE(is_gzip(gzip("")));
  EXPECT_FALSE(is_gzip(""));
  EXPECT_FALSE(is_gzip("\x1f"));
  EXPECT_FALSE(is_gzip("plain"));
}

TEST(Gzip, UnpacksWhatWasPacked) {
  for (const std::size_t size : {0u, 1u, 1000u, (256u << 10) - 1, 256u << 10, (256u << 10) + 1, 3000000u}) {
    const std::string text = noise(size);
    EXPECT_EQ(gunzip(gzip(text), kMost), text) << size;
    EXPECT_EQ(gunzip(gzip(std::string(size, 'a')), kMost), std::string(size, 'a')) << size;
  }
}

TEST(Gzip, UnpacksSeveralMembers) {
  const std::string text = noise(300'000);
  EXPECT_EQ(gunzip(gzip("one ") + gzip("") + gzip(text) + gzip(" two"), kMost), "one " + text + " two");
}

TEST(Gzip, TruncatedAnywhereItSaysSo) {
  const std::string whole = gzip(noise(2000) + std::string(2000, 'a'));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(error_of(whole.substr(0, size)), HasSubstr("gzip: truncated after")) << size;
  }
  EXPECT_THAT(error_of(whole + whole.substr(0, whole.size() / 2)), HasSubstr("truncated"));
  EXPECT_EQ(error_of(gzip(noise(5000)).substr(0, 1234)), "gzip: truncated after 1,234 bytes");
}

TEST(Gzip, DamageIsFound) {
  std::string checksum = gzip(noise(1000));
  checksum[checksum.size() - 6] ^= 1;
  EXPECT_THAT(error_of(checksum), HasSubstr("incorrect data check"));
  std::string length = gzip(noise(1000));
  length[length.size() - 1] ^= 1;
  EXPECT_THAT(error_of(length), HasSubstr("incorrect length check"));
  std::string method = gzip("text");
  method[2] = 7;
  EXPECT_THAT(error_of(method), HasSubstr("unknown compression method"));
}

TEST(Gzip, WhatFollowsMustBeGzipToo) {
  EXPECT_EQ(error_of(gzip("") + "garbage"), "gzip: 7 bytes that are no gzip follow its end at byte 20");
  EXPECT_THAT(error_of(gzip("text") + std::string(512, '\0')), HasSubstr("512 bytes that are no gzip"));
}

TEST(Gzip, ABombEndsAtTheLimit) {
  std::string zeros;
  zeros.resize(50'000'000);
  const std::string bomb = gzip(zeros);
  ASSERT_LT(bomb.size(), 100'000u);
  EXPECT_EQ(error_of(bomb, 1'000'000), "gzip: unpacks to more than 1,000,000 bytes, the limit");
  EXPECT_EQ(error_of(gzip("12345"), 4), "gzip: unpacks to more than 4 bytes, the limit");
  EXPECT_EQ(gunzip(gzip("1234"), 4), "1234");
  EXPECT_EQ(gunzip(gzip(""), 0), "");
  std::string many;
  for (int i = 0; i < 11; ++i) many += gzip("1");
  EXPECT_THAT(error_of(many, 10), HasSubstr("more than 10 bytes"));
}

TEST(Gzip, AProfileInsideIsRead) {
  EXPECT_THROW(read_profile(gzip("")), BadProfile);
  EXPECT_EQ(read_profile(gzip(std::string("\x32\0", 2))).samples.size(), 0u);
  try {
    read_profile(gzip(gzip("x")));
    FAIL();
  } catch (const BadProfile& e) {
    EXPECT_THAT(e.what(), HasSubstr("gzip inside gzip"));
  }
}

}  // namespace
}  // namespace weft::pprof
