#include "http/reason.h"

#include <boost/beast/http/status.hpp>
#include <ostream>  // which Beast's header uses

namespace weft::http {

// Beast's, but for those of RFC 9110, 8470 and 2324 that it does not have, or has by an older name.
std::string_view reason(int status) noexcept {
  switch (status) {
    case 413:
      return "Content Too Large";
    case 418:
      return "I'm a teapot";
    case 422:
      return "Unprocessable Content";
    case 425:
      return "Too Early";
    default:
      break;
  }
  const auto known = boost::beast::http::int_to_status(static_cast<unsigned>(status));
  if (known == boost::beast::http::status::unknown) return "";
  const auto text = boost::beast::http::obsolete_reason(known);
  return {text.data(), text.size()};
}

}  // namespace weft::http
