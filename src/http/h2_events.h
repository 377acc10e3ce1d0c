// From nghttp2's callbacks to the session.
#pragma once

struct nghttp2_session;

namespace weft::http {

class H2Session;

/// The server's side, which tells `session` of what comes. Null: there is no memory.
nghttp2_session* make_h2_server(H2Session& session) noexcept;

}  // namespace weft::http
