// doctor/host_lookup.h: the addresses of a host, with a deadline.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <vector>

#include "doctor/http_url.h"

namespace weft::doctor {

/// At least one address. Errors: HttpError. Calls `waiting` now and then meanwhile.
/// getaddrinfo() can't be stopped: at the deadline it is left behind in a thread of its own.
std::vector<boost::asio::ip::tcp::endpoint> look_up_host(const HttpUrl& url,
                                                         std::chrono::steady_clock::time_point deadline,
                                                         const std::function<void()>& waiting);

}  // namespace weft::doctor
