// One connection a question, closed after the answer. Every step is started asynchronously and run until it ends or the
// deadline is there; so no step can outlast it, and a server that sends a byte now and then gains nothing.
//
// REJECTED  blocking sockets with SO_RCVTIMEO: the clock starts anew with each byte
//           Asio's resolver: it can't be cancelled, and its destructor waits for getaddrinfo()
#include "doctor/http_client.h"

#include <openssl/evp.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "doctor/host_lookup.h"
#include "pprof/reader.h"

namespace weft::doctor {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
namespace http = boost::beast::http;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Response = http::response<http::string_body>;

constexpr std::uint32_t kMostHeaderBytes = 64 * 1024;
constexpr int kMostInterimAnswers = 8;  // 1xx

std::string base64(const std::string& text) {
  std::string encoded((text.size() + 2) / 3 * 4 + 1, '\0');
  const int length =
      ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  encoded.resize(static_cast<std::size_t>(length));
  return encoded;
}

// In the words of whoever runs the command, not of the library.
std::string words_for(const error_code& error) {
  if (error == asio::error::timed_out) return "no answer in time";
  if (error == asio::error::connection_refused) return "connection refused";
  if (error == asio::error::connection_reset || error == asio::error::broken_pipe) return "the connection was reset";
  if (error == http::error::end_of_stream) return "closed the connection without an answer";
  if (error == http::error::partial_message || error == asio::error::eof || error == ssl::error::stream_truncated) {
    return "closed the connection in the middle of its answer";
  }
  if (error == http::error::body_limit || error == http::error::buffer_overflow) return "the answer is too large";
  if (error == http::error::header_limit) return "the answer's header is too large";
  if (error.category() == make_error_code(http::error::bad_version).category()) {
    return "does not answer in HTTP: " + error.message();
  }
  return error.message();
}

class Exchange {
 public:
  Exchange(const HttpUrl& url, const HttpOptions& options, Clock::time_point deadline)
      : url_(url),
        options_(options),
        connect_deadline_(std::min(deadline, Clock::now() + options.connect_timeout)),
        deadline_(deadline),
        next_tick_(Clock::now() + kTick),
        stream_(io_, tls_) {}

  Response run() {
    connect();
    if (!url_.tls) return ask(stream_.next_layer());
    greet();
    return ask(stream_);
  }

  double seconds() const { return std::chrono::duration<double>(Clock::now() - asked_at_).count(); }

 private:
  static constexpr std::chrono::seconds kTick{1};

  [[noreturn]] void fail(const std::string& why) const { throw HttpError(url_.text() + ": " + why); }

  void tick() {
    if (Clock::now() < next_tick_) return;
    next_tick_ += kTick;
    options_.waiting();
  }

  // Runs what `start` begins until it calls back. At the deadline the socket is closed, which ends whatever goes on.
  template <class Start>
  error_code finish(Clock::time_point deadline, const Start& start) {
    std::optional<error_code> ended;
    start([&ended](const error_code& error, auto&&...) { ended = error; });
    io_.restart();
    while (!ended && Clock::now() < deadline) {
      io_.run_one_until(std::min(deadline, next_tick_));
      tick();
    }
    if (ended) return *ended;
    error_code ignored;
    stream_.next_layer().close(ignored);
    io_.restart();
    io_.run();
    return asio::error::timed_out;
  }

  void connect() {
    const std::vector<asio::ip::tcp::endpoint> endpoints = look_up_host(url_, connect_deadline_, [this] { tick(); });
    error_code error;
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      // An address that swallows everything leaves time for the next one.
      const auto share = (connect_deadline_ - Clock::now()) / static_cast<int>(endpoints.size() - i);
      auto& socket = stream_.next_layer();
      socket.close(error);
      error = finish(Clock::now() + share, [&](auto done) { socket.async_connect(endpoints[i], std::move(done)); });
      if (!error) return;
    }
    fail(error == asio::error::timed_out ? "no connection in time" : words_for(error));
  }

  void greet() {
    error_code ignored;
    const bool is_address = (asio::ip::make_address(url_.host, ignored), !ignored);
    if (!is_address) ::SSL_set_tlsext_host_name(stream_.native_handle(), url_.host.c_str());
    if (options_.verify_tls) {
      tls_.set_default_verify_paths(ignored);
      stream_.set_verify_mode(ssl::verify_peer);
      stream_.set_verify_callback(ssl::host_name_verification(url_.host));
    } else {
      stream_.set_verify_mode(ssl::verify_none);
    }
    const error_code error = finish(
        connect_deadline_, [&](auto done) { stream_.async_handshake(ssl::stream_base::client, std::move(done)); });
    if (error) fail(why_no_tls(error));
  }

  std::string why_no_tls(const error_code& error) {
    if (error == asio::error::timed_out) return "no TLS greeting in time";
    if (error.category() != asio::error::get_ssl_category()) return "no TLS: " + words_for(error);
    const int reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
    if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST) {
      return "does not speak TLS; is it http://" + url_.authority() + "?";
    }
    if (reason != SSL_R_CERTIFICATE_VERIFY_FAILED) return "no TLS: " + error.message();
    const long verdict = ::SSL_get_verify_result(stream_.native_handle());
    const std::string why = verdict == X509_V_OK || verdict == X509_V_ERR_UNSPECIFIED
                                ? "it is not for this host"
                                : ::X509_verify_cert_error_string(verdict);
    return "the certificate is not trusted: " + why + " (--insecure asks all the same)";
  }

  http::request<http::empty_body> question() const {
    http::request<http::empty_body> request(http::verb::get, url_.target, 11);
    request.set(http::field::host, url_.authority());
    request.set(http::field::user_agent, "weft-doctor");
    request.set(http::field::accept, "*/*");
    request.set(http::field::accept_encoding, "gzip");
    request.set(http::field::connection, "close");
    if (!url_.user.empty() || !url_.password.empty()) {
      request.set(http::field::authorization, "Basic " + base64(url_.user + ":" + url_.password));
    } else if (!options_.bearer_token.empty()) {
      request.set(http::field::authorization, "Bearer " + options_.bearer_token);
    }
    return request;
  }

  template <class Stream>
  Response ask(Stream& stream) {
    const auto request = question();
    asked_at_ = Clock::now();
    error_code error = finish(deadline_, [&](auto done) { http::async_write(stream, request, std::move(done)); });
    if (error) fail(words_for(error));
    boost::beast::flat_buffer buffer;
    for (int i = 0; i < kMostInterimAnswers; ++i) {
      http::response_parser<http::string_body> parser;
      parser.header_limit(kMostHeaderBytes);
      parser.body_limit(options_.most_bytes);
      error = finish(deadline_, [&](auto done) { http::async_read(stream, buffer, parser, std::move(done)); });
      if (error) fail(words_for(error));
      if (parser.get().result_int() >= 200) return parser.release();
    }
    fail("announces an answer that does not come");
  }

  const HttpUrl url_;
  const HttpOptions& options_;
  const Clock::time_point connect_deadline_;
  const Clock::time_point deadline_;
  Clock::time_point next_tick_;
  Clock::time_point asked_at_;
  asio::io_context io_{1};
  ssl::context tls_{ssl::context::tls_client};
  ssl::stream<asio::ip::tcp::socket> stream_;
};

bool is_redirect(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::string unpacked(const HttpUrl& url, std::string body, std::string_view encoding, std::size_t most_bytes) {
  if (encoding.empty() || boost::beast::iequals(encoding, "identity")) return body;
  if (!boost::beast::iequals(encoding, "gzip") && !boost::beast::iequals(encoding, "x-gzip")) {
    throw HttpError(url.text() + ": the answer is packed in a way that was not asked for: " + std::string(encoding));
  }
  try {
    return pprof::gunzip(body, most_bytes);
  } catch (const pprof::BadProfile& error) {
    throw HttpError(url.text() + ": the answer can't be unpacked: " + error.what());
  }
}

std::string media_type(std::string_view text) {
  std::string type(text.substr(0, text.find_first_of("; \t")));
  for (char& c : type) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return type;
}

}  // namespace

std::string HttpAnswer::describe() const {
  constexpr std::size_t kMostShown = 200;
  std::string text = std::to_string(status) + " " + reason;
  const std::string line = body.substr(0, body.find_first_of("\r\n"));
  const bool plain = std::all_of(line.begin(), line.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (content_type != "text/plain" || line.empty() || !plain) return text;
  return text + ": " + line.substr(0, kMostShown);
}

HttpAnswer http_get(const HttpUrl& first, const HttpOptions& options) {
  const Clock::time_point deadline = Clock::now() + options.connect_timeout + options.answer_timeout;
  if (options.bearer_token.find_first_of("\r\n") != std::string::npos)
    throw HttpError("the bearer token has line ends");
  HttpUrl url = first;
  HttpOptions hop_options = options;
  for (int redirects = 0;; ++redirects) {
    Exchange exchange(url, hop_options, deadline);
    Response answer = exchange.run();
    if (is_redirect(answer.result_int()) && answer.count(http::field::location) != 0) {
      if (redirects == options.most_redirects) {
        throw HttpError(first.text() + ": redirects more than " + std::to_string(redirects) + " times");
      }
      const HttpUrl next = resolve_location(url, std::string_view(answer[http::field::location]));
      if (!next.same_server(url)) hop_options.bearer_token.clear();
      url = next;
      continue;
    }
    const std::string encoding(answer[http::field::content_encoding]);
    const std::string type(answer[http::field::content_type]);
    return {.url = url,
            .status = answer.result_int(),
            .reason = std::string(answer.reason()),
            .content_type = media_type(type),
            .body = unpacked(url, std::move(answer.body()), encoding, options.most_bytes),
            .seconds = exchange.seconds()};
  }
}

}  // namespace weft::doctor
