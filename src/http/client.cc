#include "weft/http/client.h"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "http/client_pool.h"
#include "http/text.h"
#include "weft/error.h"

namespace weft::http {

namespace beast_http = boost::beast::http;
using ResponseParser = beast_http::response_parser<beast_http::string_body>;

namespace {

bool may_be_sent_again(const ClientRequest& request) noexcept {
  return request.body.empty() && (request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS" ||
                                  request.method == "PUT" || request.method == "DELETE");
}

bool has_header(const HeaderList& headers, std::string_view name) noexcept {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& each) { return equals_ignoring_case(each.first, name); });
}

void require_sendable(const ClientRequest& request, const std::string& user_agent) {
  if (!is_token(request.method)) throw usage_error("weft::http::Client: the method \"" + request.method + "\" is none");
  if (!is_field_value(user_agent)) throw usage_error("weft::http::Client: user_agent has a control character");
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || !is_field_value(value))
      throw usage_error("weft::http::Client: the header \"" + name +
                        "\" cannot be sent: its name, or a line break in it");
  }
}

std::string head_of(const ClientRequest& request, const Url& url, const std::string& user_agent) {
  std::string head = request.method + " " + url.target() + " HTTP/1.1\r\n";
  const auto add = [&](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  if (!has_header(request.headers, "Host")) add("Host", url.host());
  if (!has_header(request.headers, "User-Agent") && !user_agent.empty()) add("User-Agent", user_agent);
  for (const auto& [name, value] : request.headers) {
    if (!equals_ignoring_case(name, "Content-Length") && !equals_ignoring_case(name, "Transfer-Encoding"))
      add(name, value);
  }
  const bool has_body = !request.body.empty() || request.method == "POST" || request.method == "PUT";
  if (has_body) add("Content-Length", std::to_string(request.body.size()));
  return head + "\r\n";
}

ClientResponse response_of(ResponseParser& parser, const Url& url) {
  ClientResponse response{
      .status = static_cast<int>(parser.get().result_int()), .headers = {}, .body = {}, .url = url.text()};
  for (const auto& field : parser.get()) {
    const auto name = field.name_string(), value = field.value();
    response.headers.emplace_back(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
  }
  response.body = std::move(parser.get().body());
  return response;
}

// The request for where an answer sends it; nothing where it is the answer.
std::optional<ClientRequest> redirected(const ClientRequest& request, const Url& from, const ClientResponse& response) {
  const int status = response.status;
  if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308) return std::nullopt;
  const std::optional<Url> to = resolve_url(from, response.header("Location"));
  if (!to || response.header("Location").empty()) return std::nullopt;
  ClientRequest next = request;
  next.url = std::string(to->parsed.buffer());
  const bool keeps_method =
      status == 307 || status == 308 || request.method == "HEAD" || (status != 303 && request.method != "POST");
  if (!keeps_method) {
    next.method = "GET";
    next.body.clear();
    std::erase_if(next.headers, [](const auto& each) { return equals_ignoring_case(each.first, "Content-Type"); });
  }
  if (to->address() != from.address() || to->secure != from.secure) {
    std::erase_if(next.headers, [](const auto& each) {
      return equals_ignoring_case(each.first, "Authorization") || equals_ignoring_case(each.first, "Cookie") ||
             equals_ignoring_case(each.first, "Host");
    });
  }
  return next;
}

// Closes the connection once the context is done, for as long as it lives.
class Cutter {
 public:
  Cutter(const Context& ctx, ClientConnection& connection) : connection_(connection) {
    if (ctx.done() != RecvChan<void>()) {
      callback_ = after_func(ctx, [this] {
        connection_.close();
        cut_.send();
      });
      armed_ = true;
    }
  }
  ~Cutter() {
    if (armed_ && !callback_.stop()) cut_.recv();
  }
  Cutter(const Cutter&) = delete;
  Cutter& operator=(const Cutter&) = delete;

 private:
  ClientConnection& connection_;
  Chan<void> cut_ = make_chan<void>(1);
  ContextCallback callback_;
  bool armed_ = false;
};

}  // namespace

std::string_view ClientResponse::header(std::string_view name) const noexcept {
  for (const auto& [each, value] : headers) {
    if (equals_ignoring_case(each, name)) return value;
  }
  return {};
}

class Client::Impl {
 public:
  explicit Impl(ClientOptions options)
      : options_(std::move(options)), pool_(options_.max_idle_per_host, options_.idle_timeout) {}

  ClientResponse follow(ClientRequest request, const Context& ctx, std::error_code& ec);
  ClientPool& pool() noexcept { return pool_; }
  const ClientOptions& options() const noexcept { return options_; }

 private:
  ClientResponse send_once(const ClientRequest& request, const Url& url, const Context& ctx, std::error_code& ec);
  // `answered`: a byte of an answer has come.
  ClientResponse exchange(ClientConnection& connection, const ClientRequest& request, const Url& url, bool& keep,
                          bool& answered, std::error_code& ec);

  const ClientOptions options_;
  Connector connector_{options_};
  ClientPool pool_;
};

ClientResponse Client::Impl::exchange(ClientConnection& connection, const ClientRequest& request, const Url& url,
                                      bool& keep, bool& answered, std::error_code& ec) {
  std::string bytes = head_of(request, url, options_.user_agent) + request.body;
  connection.write_all(bytes, ec);  // a server that has said no may not read all of it: its answer counts
  std::optional<ResponseParser> parser;
  bytes.clear();
  std::array<char, 16 << 10> buffer;
  const auto begin_parser = [&] {
    parser.emplace();
    parser->header_limit(static_cast<std::uint32_t>(options_.max_header_bytes));
    parser->body_limit(options_.max_body_bytes);
    parser->eager(true);
    parser->skip(request.method == "HEAD");
  };
  begin_parser();
  while (true) {
    std::error_code failed;
    const std::size_t count = connection.read_some(buffer, failed);
    boost::system::error_code wrong;
    if (failed) {
      if (failed == errc::end_of_stream && parser->got_some()) {
        parser->put_eof(wrong);
        ec = wrong;
        if (!wrong) break;
      }
      if (!ec) ec = failed;
      return {};
    }
    answered = true;
    bytes.append(buffer.data(), count);
    while (!bytes.empty() && !parser->is_done()) {
      const std::size_t used = parser->put(boost::asio::const_buffer(bytes.data(), bytes.size()), wrong);
      bytes.erase(0, used);
      if (wrong == beast_http::error::need_more || (!wrong && used == 0)) break;
      if (wrong) {
        ec = wrong;
        return {};
      }
      const bool interim = parser->is_done() && parser->get().result_int() / 100 == 1;
      if (interim && parser->get().result_int() != 101) begin_parser();
    }
    if (parser->is_done()) break;
  }
  ec.clear();
  keep = parser->keep_alive() && bytes.empty() && parser->get().result_int() != 101;
  return response_of(*parser, url);
}

ClientResponse Client::Impl::send_once(const ClientRequest& request, const Url& url, const Context& ctx,
                                       std::error_code& ec) {
  const std::string origin = (url.secure ? "https://" : "http://") + url.address();
  std::unique_ptr<ClientConnection> connection = pool_.take(origin);
  while (true) {
    const bool used_before = connection != nullptr;
    if (!used_before) connection = connector_.connect(url, ctx, ec);
    if (!connection) return {};
    bool keep = false, answered = false;
    ClientResponse response;
    {
      const Cutter cutter(ctx, *connection);
      response = exchange(*connection, request, url, keep, answered, ec);
    }
    if (!ec) {
      if (keep && !ctx.error()) pool_.put(origin, std::move(connection));
      return response;
    }
    if (ctx.error()) {
      ec = ctx.error();
      return {};
    }
    if (!used_before || answered || !may_be_sent_again(request)) return {};
    connection = nullptr;  // its server had closed it
  }
}

ClientResponse Client::Impl::follow(ClientRequest request, const Context& ctx, std::error_code& ec) {
  require_sendable(request, options_.user_agent);
  const Context limited = options_.timeout.count() > 0 ? with_timeout(ctx, options_.timeout) : ctx;
  for (int redirects = 0;; ++redirects) {
    const std::optional<Url> url = parse_url(request.url);
    if (!url) {
      ec = std::make_error_code(std::errc::invalid_argument);
      return {};
    }
    ClientResponse response = send_once(request, *url, limited, ec);
    if (ec || options_.max_redirects == 0) return response;
    std::optional<ClientRequest> next = redirected(request, *url, response);
    if (!next) return response;
    if (redirects == options_.max_redirects) {
      ec = std::make_error_code(std::errc::too_many_symbolic_link_levels);
      return response;
    }
    request = std::move(*next);
  }
}

Client::Client(ClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Client::~Client() = default;

ClientResponse Client::send(const ClientRequest& request, const Context& ctx, std::error_code& ec) {
  ec.clear();
  return impl_->follow(request, ctx, ec);
}

ClientResponse Client::send(const ClientRequest& request, const Context& ctx) {
  std::error_code ec;
  ClientResponse response = send(request, ctx, ec);
  if (ec) throw std::system_error(ec, "weft::http: " + request.method + " " + request.url);
  return response;
}

ClientResponse Client::get(std::string_view url, const Context& ctx) {
  return send({.method = "GET", .url = std::string(url)}, ctx);
}

ClientResponse Client::post(std::string_view url, std::string_view content_type, std::string_view body,
                            const Context& ctx) {
  return send({.method = "POST",
               .url = std::string(url),
               .headers = {{"Content-Type", std::string(content_type)}},
               .body = std::string(body)},
              ctx);
}

void Client::close_idle() noexcept { impl_->pool().clear(); }

namespace {

// Never destroyed: goroutines may use it while the program ends.
Client& shared_client() {
  static Client& client = *new Client();
  return client;
}

}  // namespace

ClientResponse get(std::string_view url, const Context& ctx) { return shared_client().get(url, ctx); }

ClientResponse get(std::string_view url, const Context& ctx, std::error_code& ec) {
  return shared_client().send({.method = "GET", .url = std::string(url)}, ctx, ec);
}

ClientResponse post(std::string_view url, std::string_view content_type, std::string_view body, const Context& ctx) {
  return shared_client().post(url, content_type, body, ctx);
}

}  // namespace weft::http
