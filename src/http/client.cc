#include "weft/http/client.h"

#include <array>
#include <optional>

#include "http/client_exchange.h"
#include "http/client_pool.h"
#include "http/header_list.h"
#include "http/redirect.h"
#include "http/text.h"
#include "weft/error.h"

namespace weft::http {

namespace {

bool may_be_sent_again(const ClientRequest& request) noexcept {
  return request.body.empty() && !request.body_source &&
         (request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS" ||
          request.method == "PUT" || request.method == "DELETE");
}

void require_sendable(const ClientRequest& request, const std::string& user_agent) {
  if (!is_token(request.method)) throw usage_error("weft::http::Client: the method \"" + request.method + "\" is none");
  if (!is_field_value(user_agent)) throw usage_error("weft::http::Client: user_agent has a control character");
  if (request.body_source && !request.body.empty()) throw usage_error("weft::http::Client: two bodies");
  if (request.body_source_bytes && !request.body_source)
    throw usage_error("weft::http::Client: body_source_bytes without a body_source");
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || !is_field_value(value))
      throw usage_error("weft::http::Client: the header \"" + name +
                        "\" cannot be sent: its name, or a line break in it");
  }
}

ClientRequest get_of(std::string_view url) { return {.method = "GET", .url = std::string(url)}; }

ClientRequest post_of(std::string_view url, std::string_view content_type, std::string_view body) {
  return {.method = "POST",
          .url = std::string(url),
          .headers = {{"Content-Type", std::string(content_type)}},
          .body = std::string(body)};
}

void throw_unless_sent(const ClientRequest& request, const std::error_code& ec) {
  if (ec) throw std::system_error(ec, "weft::http: " + request.method + " " + request.url);
}

}  // namespace

std::string_view ClientResponse::header(std::string_view name) const noexcept { return field_or_empty(headers, name); }

namespace {

// The head has been read.
struct Answer {
  std::unique_ptr<ClientExchange> exchange;
  std::string origin;  // of its connection
  std::string url;
};

}  // namespace

class Client::Impl {
 public:
  explicit Impl(ClientOptions options)
      : options_(std::move(options)), pool_(options_.max_idle_per_host, options_.idle_timeout) {}

  /// Follows redirects to the last answer; without an exchange on an error.
  Answer ask(ClientRequest request, const Context& ctx, std::optional<std::uint64_t> max_body_bytes,
             std::error_code& ec);
  /// Keeps the connection if it can be used again. Throws what a BodySource has thrown.
  void give_back(Answer& answer);
  Context limited(const Context& ctx) const {
    return options_.timeout.count() > 0 ? with_timeout(ctx, options_.timeout) : ctx;
  }
  const ClientOptions& options() const noexcept { return options_; }
  ClientPool& pool() noexcept { return pool_; }

 private:
  static void skip_body(ClientExchange& exchange);
  Answer ask_once(std::shared_ptr<const ClientRequest> request, const Url& url, const Context& ctx,
                  std::optional<std::uint64_t> max_body_bytes, std::error_code& ec);

  const ClientOptions options_;
  Connector connector_{options_};
  ClientPool pool_;
};

Answer Client::Impl::ask_once(std::shared_ptr<const ClientRequest> request, const Url& url, const Context& ctx,
                              std::optional<std::uint64_t> max_body_bytes, std::error_code& ec) {
  ec = ctx.error();  // a kept connection would take the request before the Cutter closes it
  if (ec) return {};
  const std::string origin = (url.secure ? "https://" : "http://") + url.address();
  std::unique_ptr<ClientConnection> connection = pool_.take(origin);
  while (true) {
    ec.clear();
    const bool used_before = connection != nullptr;
    if (!used_before) connection = connector_.connect(url, ctx, ec);
    if (!connection) return {};
    auto exchange = std::make_unique<ClientExchange>(request, std::move(connection), options_);
    exchange->limit(ctx);
    exchange->begin(url, max_body_bytes, ec);
    if (!ec) return {std::move(exchange), origin, url.text()};
    if (ctx.error() || !used_before || exchange->answered() || !may_be_sent_again(*request)) return {};
    connection = nullptr;  // its server had closed it
  }
}

Answer Client::Impl::ask(ClientRequest first, const Context& ctx, std::optional<std::uint64_t> max_body_bytes,
                         std::error_code& ec) {
  require_sendable(first, options_.user_agent);
  auto request = std::make_shared<const ClientRequest>(std::move(first));
  for (int redirects = 0;; ++redirects) {
    const std::optional<Url> url = parse_url(request->url);
    if (!url) {
      ec = std::make_error_code(std::errc::invalid_argument);
      return {};
    }
    Answer answer = ask_once(request, *url, ctx, max_body_bytes, ec);
    if (ec || options_.max_redirects == 0) return answer;
    ClientExchange& exchange = *answer.exchange;
    std::optional<ClientRequest> next =
        redirected(*request, *url, exchange.status(), field_or_empty(exchange.headers(), "Location"));
    if (!next) return answer;
    skip_body(exchange);
    give_back(answer);
    if (redirects == options_.max_redirects) {
      ec = std::make_error_code(std::errc::too_many_symbolic_link_levels);
      return {};
    }
    request = std::make_shared<const ClientRequest>(std::move(*next));
  }
}

// Of an answer that only sends elsewhere: a small one, so that its connection is used again.
void Client::Impl::skip_body(ClientExchange& exchange) {
  std::array<std::byte, 4096> buffer;
  std::error_code ignored;
  for (int pieces = 0; pieces < 4 && exchange.read_body(buffer, ignored) != 0; ++pieces) {
  }
}

void Client::Impl::give_back(Answer& answer) {
  const std::unique_ptr<ClientExchange> exchange = std::move(answer.exchange);
  if (auto connection = exchange->finish()) pool_.put(answer.origin, std::move(connection));
}

struct ClientStream::Impl {
  std::shared_ptr<Client::Impl> client;
  Answer answer;          // without an exchange once that has ended
  std::error_code error;  // that it has ended with
  HeaderList headers;
  int status = 0;

  ~Impl() {
    if (answer.exchange == nullptr) return;
    try {
      client->give_back(answer);
    } catch (...) {  // the connection is closed; what a source has thrown nobody waits for
    }
  }
};

ClientStream::ClientStream() noexcept = default;
ClientStream::ClientStream(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
ClientStream::ClientStream(ClientStream&&) noexcept = default;
ClientStream& ClientStream::operator=(ClientStream&&) noexcept = default;
ClientStream::~ClientStream() = default;

int ClientStream::status() const noexcept { return impl_ != nullptr ? impl_->status : 0; }

const HeaderList& ClientStream::headers() const noexcept {
  static const HeaderList none;
  return impl_ != nullptr ? impl_->headers : none;
}

std::string_view ClientStream::header(std::string_view name) const noexcept { return field_or_empty(headers(), name); }

std::string_view ClientStream::url() const noexcept {
  return impl_ != nullptr ? std::string_view(impl_->answer.url) : std::string_view();
}

std::size_t ClientStream::read_body(std::span<std::byte> into, std::error_code& ec) {
  if (impl_ == nullptr) throw usage_error("weft::http::ClientStream::read_body: there is no answer");
  Answer& answer = impl_->answer;
  ec = impl_->error;
  if (into.empty()) return 0;
  std::size_t count = 0;
  if (answer.exchange != nullptr && !impl_->error) count = answer.exchange->read_body(into, impl_->error);
  ec = impl_->error;
  if (count == 0 && !ec && answer.exchange != nullptr) impl_->client->give_back(answer);
  return count;
}

std::size_t ClientStream::read_body(std::span<std::byte> into) {
  std::error_code ec;
  const std::size_t count = read_body(into, ec);
  if (ec) throw std::system_error(ec, "weft::http: " + std::string(url()));
  return count;
}

Client::Client(ClientOptions options) : impl_(std::make_shared<Impl>(std::move(options))) {}
Client::~Client() = default;

ClientResponse Client::send(const ClientRequest& request, const Context& ctx, std::error_code& ec) {
  ec.clear();
  Answer answer = impl_->ask(request, impl_->limited(ctx), impl_->options().max_body_bytes, ec);
  if (ec) return {};
  ClientResponse response{.status = answer.exchange->status(),
                          .headers = std::move(answer.exchange->headers()),
                          .body = answer.exchange->read_all(ec),
                          .url = answer.url};
  impl_->give_back(answer);
  return ec ? ClientResponse() : response;
}

ClientStream Client::open(const ClientRequest& request, const Context& ctx, std::error_code& ec) {
  ec.clear();
  auto impl = std::make_unique<ClientStream::Impl>();
  impl->client = impl_;
  const Context limited = impl_->limited(ctx);
  impl->answer = impl_->ask(request, limited, std::nullopt, ec);
  if (ec) return {};
  ClientExchange& exchange = *impl->answer.exchange;
  exchange.limit(ctx);
  ec = limited.error();  // it may have ended, and the connection with it, right before
  if (ec) return {};
  impl->status = exchange.status();
  impl->headers = std::move(exchange.headers());
  return ClientStream(std::move(impl));
}

ClientStream Client::open(const ClientRequest& request, const Context& ctx) {
  std::error_code ec;
  ClientStream stream = open(request, ctx, ec);
  throw_unless_sent(request, ec);
  return stream;
}

ClientResponse Client::send(const ClientRequest& request, const Context& ctx) {
  std::error_code ec;
  ClientResponse response = send(request, ctx, ec);
  throw_unless_sent(request, ec);
  return response;
}

ClientResponse Client::get(std::string_view url, const Context& ctx) { return send(get_of(url), ctx); }

ClientResponse Client::get(std::string_view url, const Context& ctx, std::error_code& ec) {
  return send(get_of(url), ctx, ec);
}

ClientResponse Client::post(std::string_view url, std::string_view content_type, std::string_view body,
                            const Context& ctx) {
  return send(post_of(url, content_type, body), ctx);
}

ClientResponse Client::post(std::string_view url, std::string_view content_type, std::string_view body,
                            const Context& ctx, std::error_code& ec) {
  return send(post_of(url, content_type, body), ctx, ec);
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
  return shared_client().get(url, ctx, ec);
}

ClientResponse post(std::string_view url, std::string_view content_type, std::string_view body, const Context& ctx) {
  return shared_client().post(url, content_type, body, ctx);
}

ClientResponse post(std::string_view url, std::string_view content_type, std::string_view body, const Context& ctx,
                    std::error_code& ec) {
  return shared_client().post(url, content_type, body, ctx, ec);
}

}  // namespace weft::http
