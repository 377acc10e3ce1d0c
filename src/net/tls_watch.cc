// Reading from and writing to a TLS stream without waiting, or with a watcher in place of a goroutine that waits.
#include <openssl/ssl.h>

#include "net/tls_session.h"
#include "weft/net/tls.h"

namespace weft::net::tls {
namespace {

// What the stream's own, waiting read gives.
ssize_t read_waiting(Stream& stream, std::span<char> into, std::error_code& ec) {
  const std::size_t count = stream.read_some(into, ec);
  return ec ? -1 : static_cast<ssize_t>(count);
}

}  // namespace

ssize_t StreamAccess::read_or_watch(Stream& stream, Watcher& watcher, std::span<char> into, std::error_code& ec) {
  Stream::Session& session = *stream.session_;
  std::size_t count = 0;
  std::error_code failed;
  bool writes = false;
  const auto read = [&](SSL* ssl) { return ::SSL_read_ex(ssl, into.data(), into.size(), &count); };
  const ssize_t result =
      stream.socket_.get("tls::Stream")
          .read_or_watch(watcher, ec, [&](int fd) { return session.try_read(fd, failed, writes, read); }, 0);
  if (result == Descriptor::kWatching || ec) return result;
  if (writes) return read_waiting(stream, into, ec);
  ec = failed;
  return ec ? -1 : static_cast<ssize_t>(count);
}

bool StreamAccess::read_now(Stream& stream, std::span<char> into, std::error_code& ec, ssize_t& result) {
  Stream::Session& session = *stream.session_;
  std::size_t count = 0;
  std::error_code failed;
  bool writes = false;
  const auto read = [&](SSL* ssl) { return ::SSL_read_ex(ssl, into.data(), into.size(), &count); };
  const bool done = stream.socket_.get("tls::Stream")
                        .perform_now(
                            Descriptor::Direction::kRead, ec,
                            [&](int fd) { return session.try_read(fd, failed, writes, read); }, result);
  if (!done || ec) return done;
  if (writes) {
    result = read_waiting(stream, into, ec);
  } else {
    ec = failed;
    result = ec ? -1 : static_cast<ssize_t>(count);
  }
  return true;
}

std::size_t StreamAccess::write_now(Stream& stream, std::span<const std::byte> from, std::error_code& ec) {
  Stream::Session& session = *stream.session_;
  Descriptor& descriptor = stream.socket_.get("tls::Stream");
  std::size_t done = 0;
  ec = session.unwritable(descriptor);
  while (!ec && done < from.size()) {
    const std::span<const std::byte> rest = from.subspan(done);
    std::size_t count = 0;
    ssize_t result = 0;
    std::error_code failed;
    const auto write = [&](SSL* ssl) { return ::SSL_write_ex(ssl, rest.data(), rest.size(), &count); };
    const bool ended = descriptor.perform_now(
        Descriptor::Direction::kWrite, ec, [&](int fd) { return session.try_write(fd, failed, write); }, result);
    if (!ended) return done;
    if (!ec) ec = failed;
    done += count;
  }
  session.write_error = ec;
  return done;
}

}  // namespace weft::net::tls
