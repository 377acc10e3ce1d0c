// doctor/packed_size.h: how many bytes zlib makes of others.
#pragma once

#include <zlib.h>
#include <cstdint>
#include <string_view>

namespace weft::doctor {

/// Counts what a deflate stream of all that was added would take; keeps nothing of it.
class PackedSize {
 public:
  PackedSize();
  ~PackedSize();
  PackedSize(const PackedSize&) = delete;
  PackedSize& operator=(const PackedSize&) = delete;

  void add(std::string_view bytes);
  /// The size of the stream, which ends here.
  std::uint64_t finish();

 private:
  void run(int flush);

  z_stream stream_{};
  std::uint64_t bytes_ = 0;
};

}  // namespace weft::doctor
