#include "doctor/packed_size.h"

#include <algorithm>
#include <array>
#include <new>

namespace weft::doctor {

PackedSize::PackedSize() {
  if (::deflateInit(&stream_, Z_DEFAULT_COMPRESSION) != Z_OK) throw std::bad_alloc();
}

PackedSize::~PackedSize() { ::deflateEnd(&stream_); }

void PackedSize::add(std::string_view bytes) {
  constexpr std::size_t kPart = 1 << 20;  // zlib counts in 32 bits
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, kPart);
    bytes.remove_prefix(part.size());
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));  // zlib only reads there
    stream_.avail_in = static_cast<uInt>(part.size());
    run(Z_NO_FLUSH);
  }
}

std::uint64_t PackedSize::finish() {
  run(Z_FINISH);
  return bytes_;
}

void PackedSize::run(int flush) {
  std::array<Bytef, 65536> out;
  do {
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(out.size());
    ::deflate(&stream_, flush);
    bytes_ += out.size() - stream_.avail_out;
  } while (stream_.avail_out == 0);
}

}  // namespace weft::doctor
