#include <zlib.h>

#include <algorithm>
#include <cstdint>

#include "pprof/numbers.h"
#include "pprof/reader.h"

namespace weft::pprof {
namespace {

constexpr std::size_t kStep = std::size_t{256} << 10;  // small enough to be in a cache still when zlib writes it
constexpr std::size_t kMostAtOnce = std::size_t{1} << 30;
constexpr std::size_t kMostRatio = 1032;     // deflate can't shrink anything by more
constexpr std::size_t kSmallestMember = 18;  // header and trailer

// Inflates members of one gzip text to the end of `in`, never writing more than one byte beyond the limit.
class Inflater {
 public:
  Inflater(std::string_view in, std::size_t most_bytes) : in_(in), most_bytes_(most_bytes) {
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) throw BadProfile("gzip: zlib can't start");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  std::string run() {
    out_.reserve(likely_bytes());
    while (true) {
      inflate_member();
      if (read_ == in_.size()) break;
      refuse_what_follows();
      inflateReset(&stream_);
    }
    out_.resize(written_);
    return std::move(out_);
  }

 private:
  // What the last four bytes claim, as far as so much can come of so little.
  std::size_t likely_bytes() const {
    if (in_.size() < kSmallestMember) return 0;
    std::size_t claimed = 0;
    for (std::size_t i = 1; i <= 4; ++i) claimed = claimed << 8 | static_cast<unsigned char>(in_[in_.size() - i]);
    return std::min({claimed, in_.size() * kMostRatio, most_bytes_}) + 1;
  }

  void inflate_member() {
    while (true) {
      if (written_ == out_.size()) grow();
      const int result = inflate_step();
      if (written_ > most_bytes_) fail("unpacks to more than " + grouped(most_bytes_) + " bytes, the limit");
      if (result == Z_STREAM_END) return;
      if (result == Z_MEM_ERROR) fail("zlib is out of memory");
      if (result != Z_OK && result != Z_BUF_ERROR) {
        fail("damaged near byte " + grouped(read_) + ": " + (stream_.msg != nullptr ? stream_.msg : "no reason given"));
      }
      if (read_ == in_.size() && written_ < out_.size()) fail("truncated after " + grouped(in_.size()) + " bytes");
    }
  }

  int inflate_step() {
    const std::size_t given = std::min(in_.size() - read_, kMostAtOnce);
    const std::size_t room = std::min(out_.size() - written_, kMostAtOnce);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in_.data() + read_));  // zlib reads only
    stream_.avail_in = static_cast<uInt>(given);
    stream_.next_out = reinterpret_cast<Bytef*>(out_.data() + written_);
    stream_.avail_out = static_cast<uInt>(room);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    read_ += given - stream_.avail_in;
    written_ += room - stream_.avail_out;
    return result;
  }

  void grow() { out_.resize(std::min(out_.size() + kStep, most_bytes_ + 1)); }

  void refuse_what_follows() const {
    if (is_gzip(in_.substr(read_))) return;
    fail(grouped(in_.size() - read_) + " bytes that are no gzip follow its end at byte " + grouped(read_));
  }

  [[noreturn]] static void fail(const std::string& what) { throw BadProfile("gzip: " + what); }

  std::string_view in_;
  std::size_t most_bytes_;
  std::size_t read_ = 0, written_ = 0;
  std::string out_;
  z_stream stream_{};
};

}  // namespace

bool is_gzip(std::string_view bytes) noexcept { return bytes.starts_with("\x1f\x8b"); }

std::string gunzip(std::string_view bytes, std::size_t most_bytes) {
  most_bytes = std::min(most_bytes, std::string().max_size() / 2);
  return Inflater(bytes, most_bytes).run();
}

}  // namespace weft::pprof
