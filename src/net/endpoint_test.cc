#include "weft/net/endpoint.h"

#include <gtest/gtest.h>

namespace weft::net {
namespace {

TEST(Endpoint, IsReadAsItIsWritten) {
  for (const char* text : {"127.0.0.1:80", "0.0.0.0:0", "[::1]:65535", "[::]:8080", "[fe80::1%1]:9"}) {
    EXPECT_EQ(Endpoint::parse(text).to_string(), text);
    EXPECT_EQ(Endpoint::parse(text), Endpoint::parse(text));
  }
  EXPECT_EQ(Endpoint::parse(":80").to_string(), "[::]:80") << "every address";
  EXPECT_EQ(Endpoint::parse("[::]:80").port(), 80);
  EXPECT_EQ(Endpoint().to_string(), "0.0.0.0:0");
}

TEST(Endpoint, RefusesWhatIsNone) {
  for (const char* text : {"", ":", "80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:8x",
                           "::1:80", "[::1:80", "[]:80", "1.2.3:80", "localhost:80", "[fe80::1%]:80",
                           "[fe80::1%no-such-interface]:80", "[1.2.3.4]:80"}) {
    std::error_code ec;
    Endpoint::parse(text, ec);
    EXPECT_EQ(ec, std::errc::invalid_argument) << text;
    EXPECT_THROW(Endpoint::parse(text), std::system_error) << text;
  }
}

TEST(Endpoint, AZeroByteHidesNothing) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {"127.0.0.1\0x:80"sv, "[::1\0x]:80"sv, "[fe80::1%lo\0x]:80"sv, "127.0.0.1:80\0"sv}) {
    std::error_code ec;
    Endpoint::parse(text, ec);
    EXPECT_EQ(ec, std::errc::invalid_argument);
  }
}

TEST(Endpoint, DiffersByAddressPortAndFamily) {
  EXPECT_FALSE(Endpoint::parse("127.0.0.1:80") == Endpoint::parse("127.0.0.1:81"));
  EXPECT_FALSE(Endpoint::parse("127.0.0.1:80") == Endpoint::parse("127.0.0.2:80"));
  EXPECT_FALSE(Endpoint::parse("0.0.0.0:80") == Endpoint::parse("[::]:80"));
  EXPECT_FALSE(Endpoint::parse("[::1]:80") == Endpoint::parse("[::2]:80"));
}

}  // namespace
}  // namespace weft::net
