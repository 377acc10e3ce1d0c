// A multipart body: its parts do not depend on how the bytes arrive, and none is longer than what came.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "weft/http/multipart.h"

namespace {

std::string parsed(std::string_view bytes, std::size_t step) {
  std::string parts;
  try {
    weft::http::MultipartReader reader("multipart/form-data; boundary=xx", [&](std::span<std::byte> into) {
      const std::size_t count = std::min({step, into.size(), bytes.size()});
      std::copy_n(std::as_bytes(std::span(bytes)).data(), count, into.data());
      bytes.remove_prefix(count);
      return count;
    });
    while (reader.next()) {
      parts.append("|").append(reader.name()).append("|").append(reader.filename());
      parts.append("|").append(reader.header("Content-Type")).append("|").append(reader.read_all());
    }
    return parts;
  } catch (const weft::http::HttpError& error) {
    if (error.status() != 400) std::abort();
    return parts + "|refused";
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string whole = parsed(bytes, bytes.size() + 1);
  if (whole.size() > 8 * bytes.size() + 8) std::abort();
  for (const std::size_t step : {1ul, 7ul, 64ul}) {
    if (parsed(bytes, step) != whole) std::abort();
  }
  return 0;
}
