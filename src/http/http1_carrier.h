// One request and its answer on a connection that carries one after the other.
#pragma once

#include <optional>

#include "http/carrier.h"
#include "http/http1_body_reader.h"
#include "http/http1_response_writer.h"
#include "http/peer_watch.h"
#include "http/request_parser.h"

namespace weft::http {

class Http1Carrier final : public Carrier {
 public:
  /// The head was parsed from the beginning of `input` and stays there.
  Http1Carrier(Connection& connection, Input& input, RequestParser& parser);
  Http1Carrier(const Http1Carrier&) = delete;
  Http1Carrier& operator=(const Http1Carrier&) = delete;

  ServerImpl& server() noexcept override { return connection_.server(); }
  const RequestHead& head() const noexcept override { return head_; }
  BodyReader& body() noexcept override { return body_; }
  ResponseWriter& writer() noexcept override { return writer_; }
  Context context() override;
  net::Endpoint remote_endpoint() const override { return connection_.remote_endpoint(); }
  HijackedStream hijack() override;
  void distrust_what_follows() noexcept override { writer_.close_after(); }
  void finish() noexcept override;

  /// After finish(): takes the request out of the input. False: the connection cannot take another one, and is ended.
  bool make_room_for_next() noexcept;

 private:
  Connection& connection_;
  const RequestHead head_;
  Http1BodyReader body_;
  Http1ResponseWriter writer_;
  std::optional<PeerWatch> peer_;
  ContextCallback shutdown_;  // of a hijacked one
  bool goes_on_ = false;
};

}  // namespace weft::http
