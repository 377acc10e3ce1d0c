// Where an answer sends a client.
#pragma once

#include <optional>
#include <string_view>

#include "http/url.h"
#include "weft/http/client.h"

namespace weft::http {

/// The request to send next, by RFC 9110, 15.4; nothing where the answer is the end: another status, a Location that no
/// client can go to, or a body that would have to be sent again and came from a BodySource.
std::optional<ClientRequest> redirected(const ClientRequest& request, const Url& from, int status,
                                        std::string_view location);

}  // namespace weft::http
