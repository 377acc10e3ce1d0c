#include "http/client_exchange.h"

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <chrono>
#include <cstring>
#include <utility>

#include "http/header_list.h"
#include "weft/error.h"

namespace weft::http {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kSentAtOnce = 16 << 10;  // any connection takes as much without its peer reading
constexpr std::size_t kPiece = 16 << 10;
constexpr std::size_t kMostUnparsed = 64 << 10;  // behind the head, where a chunk's head is the longest there is
constexpr int kMostInterim = 100;                // answers 1xx before the answer
constexpr auto kSenderEndsWithin = 50ms;         // of the answer's end, or its connection is not used again

std::string chunk_head(std::size_t size) {
  std::string head;
  for (; size != 0; size /= 16) head.insert(head.begin(), "0123456789abcdef"[size % 16]);
  return head + "\r\n";
}

}  // namespace

Cutter::Cutter(const Context& ctx, ClientConnection& connection) : connection_(connection) {
  if (ctx.done() == RecvChan<void>()) return;
  callback_ = after_func(ctx, [this] {
    connection_.close();
    cut_.send();
  });
  armed_ = true;
}

Cutter::~Cutter() {
  if (armed_ && !callback_.stop()) cut_.recv();
}

ClientExchange::ClientExchange(std::shared_ptr<const ClientRequest> request,
                               std::unique_ptr<ClientConnection> connection, const ClientOptions& options)
    : request_(std::move(request)), connection_(std::move(connection)), options_(options) {}

ClientExchange::~ClientExchange() {
  cutter_.reset();
  if (connection_ != nullptr) connection_->close();
  try {
    sent_whole();
  } catch (...) {  // the source's: nobody waits for it any more
  }
}

void ClientExchange::limit(const Context& ctx) {
  ctx_ = ctx;
  cutter_.reset();
  cutter_.emplace(ctx, *connection_);
}

std::string ClientExchange::head(const Url& url) const {
  const ClientRequest& request = *request_;
  std::string head = request.method + " " + url.target() + " HTTP/1.1\r\n";
  const auto add = [&](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  if (find_field(request.headers, "Host") == nullptr) add("Host", url.host());
  if (find_field(request.headers, "User-Agent") == nullptr && !options_.user_agent.empty())
    add("User-Agent", options_.user_agent);
  for (const auto& [name, value] : request.headers) {
    if (!equals_ignoring_case(name, "Content-Length") && !equals_ignoring_case(name, "Transfer-Encoding"))
      add(name, value);
  }
  if (request.body_source && !request.body_source_bytes) {
    add("Transfer-Encoding", "chunked");
  } else if (request.body_source) {
    add("Content-Length", std::to_string(*request.body_source_bytes));
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    add("Content-Length", std::to_string(request.body.size()));
  }
  return head + "\r\n";
}

bool ClientExchange::has_large_body() const noexcept {
  return request_->body_source || request_->body.size() > kSentAtOnce;
}

void ClientExchange::begin(const Url& url, std::optional<std::uint64_t> max_body_bytes, std::error_code& ec) {
  std::string bytes = head(url);
  if (has_large_body()) {
    sender_ = spawn([this, head = std::move(bytes)] { return send_body(head); });
  } else {
    std::error_code failed;  // a server that has said no may not read all of it: its answer counts
    connection_->write_all(bytes + request_->body, failed);
    write_failed_ = static_cast<bool>(failed);
  }
  const bool to_head = request_->method == "HEAD";
  for (int interim_answers = 0;; ++interim_answers) {
    parser_.emplace(options_.max_header_bytes, max_body_bytes, to_head);
    while (!parser_->is_header_done()) {
      advance(ec);
      if (ec) return;
    }
    const bool interim = parser_->status() / 100 == 1 && parser_->status() != 101;
    if (!interim) return;
    if (interim_answers == kMostInterim) {
      ec = boost::system::error_code(boost::beast::http::error::bad_status);
      return fail(ec);
    }
  }
}

// On the sender's goroutine.
std::error_code ClientExchange::send_body(const std::string& head) {
  try {
    if (request_->body_source) return send_from_source(head);
    std::error_code ec;
    connection_->write_all(head, ec);
    if (!ec) connection_->write_all(request_->body, ec);
    return ec;
  } catch (...) {
    source_threw_.store(true, std::memory_order_release);
    connection_->close();  // whoever waits for the answer hears of it
    throw;
  }
}

std::error_code ClientExchange::send_from_source(const std::string& head) {
  const bool chunked = !request_->body_source_bytes;
  std::uint64_t left = request_->body_source_bytes.value_or(0);
  std::string piece(kPiece, '\0');
  std::string out;
  std::error_code ec;
  connection_->write_all(head, ec);  // the source may take its time, and the server may have an answer to the head
  while (!ec) {
    const std::size_t count = request_->body_source(std::as_writable_bytes(std::span(piece)));
    if (count > piece.size())
      throw usage_error("weft::http: a BodySource says that it gave more than it was asked for");
    if (!chunked && (count > left || (count == 0 && left != 0)))
      throw usage_error("weft::http: a BodySource gave more or less than body_source_bytes");
    left -= chunked ? 0 : count;
    if (chunked) out += count == 0 ? "0\r\n" : chunk_head(count);
    out.append(piece, 0, count);
    if (chunked) out += "\r\n";
    if (!out.empty()) connection_->write_all(out, ec);
    if (count == 0) break;
    out.clear();
  }
  return ec;
}

// One step on: parses what is there, or receives something.
void ClientExchange::advance(std::error_code& ec) {
  const std::size_t used = received_.empty() ? 0 : parser_->parse(received_, ec);
  received_.erase(0, used);
  if (!ec && used == 0) receive(ec);
  if (ec) fail(ec);
}

void ClientExchange::receive(std::error_code& ec) {
  const std::size_t had = received_.size();
  if (parser_->is_header_done() && had >= kMostUnparsed) {
    ec = boost::system::error_code(boost::beast::http::error::bad_chunk);
    return;
  }
  received_.resize(had + kPiece);
  std::error_code failed;
  const std::size_t count = connection_->read_some(std::span(received_).subspan(had), failed);
  received_.resize(had + count);
  answered_ = answered_ || count != 0;
  if (failed == errc::end_of_stream && parser_->got_some()) {
    parser_->parse_end(ec);
  } else {
    ec = failed;
  }
}

// A source that is still at work is not waited for here: it may itself wait for who hears of the error.
void ClientExchange::fail(std::error_code& ec) {
  connection_->close();
  if (source_threw_.load(std::memory_order_acquire) && sender_.joinable()) sender_.join();
  if (ctx_.error()) ec = ctx_.error();
}

std::size_t ClientExchange::read_body(std::span<std::byte> into, std::error_code& ec) {
  ec = ctx_.error();  // what has come already is not given out then
  if (ec) {
    fail(ec);
    return 0;
  }
  std::string& body = parser_->body();
  while (body_read_ == body.size() && !into.empty()) {
    body.clear();
    body_read_ = 0;
    if (parser_->is_done()) return 0;
    advance(ec);
    if (ec) return 0;
  }
  const std::size_t count = std::min(into.size(), body.size() - body_read_);
  if (count != 0) std::memcpy(into.data(), body.data() + body_read_, count);
  body_read_ += count;
  return count;
}

std::string ClientExchange::read_all(std::error_code& ec) {
  while (!parser_->is_done()) {
    advance(ec);
    if (ec) return {};
  }
  return std::move(parser_->body());
}

// Waits for the sender, if there is one.
bool ClientExchange::sent_whole() { return sender_.joinable() ? !sender_.join() : !write_failed_; }

std::unique_ptr<ClientConnection> ClientExchange::finish() {
  cutter_.reset();
  std::error_code ec;
  if (!parser_->is_done() && !received_.empty()) received_.erase(0, parser_->parse(received_, ec));
  const bool complete = !ec && parser_->is_done() && parser_->keep_alive() && received_.empty() &&
                        parser_->status() != 101 && !ctx_.error();
  if (complete) {
    connection_->set_deadline(std::chrono::steady_clock::now() + kSenderEndsWithin);
  } else {
    connection_->close();
  }
  return sent_whole() && complete ? std::move(connection_) : nullptr;
}

}  // namespace weft::http
