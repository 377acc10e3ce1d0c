#include "doctor/host_lookup.h"

#include <netdb.h>

#include <algorithm>
#include <cstring>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace weft::doctor {
namespace {

using boost::asio::ip::tcp;

struct Found {
  int error = 0;
  std::vector<tcp::endpoint> endpoints;
};

Found ask_resolver(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  Found found{.error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list), .endpoints = {}};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found.error == 0 ? list : nullptr, &::freeaddrinfo);
  for (const addrinfo* one = owner.get(); one != nullptr; one = one->ai_next) {
    tcp::endpoint endpoint;
    if (one->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), one->ai_addr, one->ai_addrlen);
    endpoint.resize(one->ai_addrlen);
    found.endpoints.push_back(endpoint);
  }
  return found;
}

}  // namespace

std::vector<tcp::endpoint> look_up_host(const HttpUrl& url, std::chrono::steady_clock::time_point deadline,
                                        const std::function<void()>& waiting) {
  constexpr std::chrono::milliseconds kLook{500};
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(url.host, no_address);
  if (!no_address) return {tcp::endpoint(address, static_cast<unsigned short>(std::stoi(url.port)))};

  std::promise<Found> promise;
  std::future<Found> future = promise.get_future();
  std::thread([promise = std::move(promise), host = url.host, port = url.port]() mutable {
    promise.set_value(ask_resolver(host, port));
  }).detach();
  using Clock = std::chrono::steady_clock;
  while (future.wait_until(std::min(deadline, Clock::now() + kLook)) != std::future_status::ready) {
    if (Clock::now() >= deadline) throw HttpError(url.text() + ": the name " + url.host + " was not found in time");
    waiting();
  }
  Found found = future.get();
  if (found.error != 0) throw HttpError(url.text() + ": no host " + url.host + ": " + ::gai_strerror(found.error));
  if (found.endpoints.empty()) throw HttpError(url.text() + ": the host " + url.host + " has no address");
  return std::move(found.endpoints);
}

}  // namespace weft::doctor
