#include "net/tls_config.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/free.h"
#include "net/tls_error.h"

namespace weft::net::tls {
namespace {

using base::Free;
using Bio = std::unique_ptr<BIO, Free<&::BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Free<&::X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<&::EVP_PKEY_free>>;

bool is_file(const std::string& pem_or_file) { return !pem_or_file.starts_with("-----"); }

Bio open_pem(const std::string& pem_or_file) {
  if (!is_file(pem_or_file)) return Bio(::BIO_new_mem_buf(pem_or_file.data(), static_cast<int>(pem_or_file.size())));
  return Bio(::BIO_new_file(pem_or_file.c_str(), "r"));
}

// A key that is encrypted is an error, and no question on the terminal.
int no_password(char*, int, int, void*) { return -1; }

Certificate next_certificate(BIO* bio) { return Certificate(::PEM_read_bio_X509(bio, nullptr, &no_password, nullptr)); }

bool use_chain(SSL_CTX* context, const std::string& pem) {
  const Bio bio = open_pem(pem);
  if (bio == nullptr) return false;
  const Certificate own = next_certificate(bio.get());
  if (own == nullptr || ::SSL_CTX_use_certificate(context, own.get()) != 1) return false;
  while (const Certificate between = next_certificate(bio.get())) {
    if (::SSL_CTX_add1_chain_cert(context, between.get()) != 1) return false;
  }
  ::ERR_clear_error();  // that there was no further one
  return true;
}

bool use_key(SSL_CTX* context, const std::string& pem) {
  const Bio bio = open_pem(pem);
  if (bio == nullptr) return false;
  const Key key(::PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_password, nullptr));
  return key != nullptr && ::SSL_CTX_use_PrivateKey(context, key.get()) == 1 &&
         ::SSL_CTX_check_private_key(context) == 1;
}

bool use_identity(SSL_CTX* context, const std::string& certificate, const std::string& key) {
  return use_chain(context, certificate) && use_key(context, key);
}

bool trust(SSL_CTX* context, const std::string& roots) {
  const Bio bio = open_pem(roots);
  if (bio == nullptr) return false;
  int count = 0;
  while (const Certificate root = next_certificate(bio.get())) {
    if (::X509_STORE_add_cert(::SSL_CTX_get_cert_store(context), root.get()) != 1) return false;
    ++count;
  }
  if (count != 0) ::ERR_clear_error();
  return count != 0;
}

bool to_wire(const std::vector<std::string>& protocols, std::string& wire) {
  for (const std::string& protocol : protocols) {
    if (protocol.empty() || protocol.size() > 255) return false;
    wire += static_cast<char>(protocol.size());
    wire += protocol;
  }
  return true;
}

// The server's first that the client knows as well; none is an error, as RFC 7301 says. Where the configuration has
// none the connection's own count; where that has none either, the client's are not looked at.
int choose_protocol(SSL* ssl, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                    unsigned int bytes, void* wire) {
  const auto* configured = static_cast<const std::string*>(wire);
  const auto* own = static_cast<const std::string*>(SSL_get_app_data(ssl));
  if (configured->empty() && own == nullptr) return SSL_TLSEXT_ERR_NOACK;
  const std::string& ours = configured->empty() ? *own : *configured;
  unsigned char* found = nullptr;
  const int result = ::SSL_select_next_proto(&found, length, reinterpret_cast<const unsigned char*>(ours.data()),
                                             static_cast<unsigned int>(ours.size()), offered, bytes);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool prepare(SSL_CTX* context, Version least) {
  ::SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  const int version = least == Version::kTls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
  return ::SSL_CTX_set_min_proto_version(context, version) == 1;
}

bool set_up_client(Config::State& state, const ClientOptions& options) {
  SSL_CTX* const context = state.context.get();
  if (!prepare(context, options.least)) return false;
  state.checks_peer = !options.unsafe_trust_anyone;
  ::SSL_CTX_set_verify(context, state.checks_peer ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  const bool trusts =
      options.trusted.empty() ? ::SSL_CTX_set_default_verify_paths(context) == 1 : trust(context, options.trusted);
  if (!trusts) return false;
  if (!options.certificate.empty() && !use_identity(context, options.certificate, options.key)) return false;
  return state.protocols.empty() ||
         ::SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(state.protocols.data()),
                                   static_cast<unsigned int>(state.protocols.size())) == 0;  // this one says 0
}

bool set_up_server(Config::State& state, const ServerOptions& options) {
  SSL_CTX* const context = state.context.get();
  if (!prepare(context, options.least)) return false;
  ::SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  if (!use_identity(context, options.certificate, options.key)) return false;
  if (!options.client_roots.empty()) {
    if (!trust(context, options.client_roots)) return false;
    ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    // A session may be resumed only where the client was checked in the same way.
    constexpr unsigned char kChecked[] = "weft";
    ::SSL_CTX_set_session_id_context(context, kChecked, sizeof kChecked);
  }
  ::SSL_CTX_set_alpn_select_cb(context, &choose_protocol, &state.protocols);
  return true;
}

template <class Options>
std::shared_ptr<const Config::State> make_state(const SSL_METHOD* method, const Options& options,
                                                bool (*set_up)(Config::State&, const Options&), std::error_code& ec) {
  ::ERR_clear_error();
  const auto state = std::make_shared<Config::State>();
  if (!to_wire(options.alpn, state->protocols)) {
    ec = std::make_error_code(std::errc::invalid_argument);
    return nullptr;
  }
  state->is_server = std::is_same_v<Options, ServerOptions>;
  state->context.reset(::SSL_CTX_new(method));
  if (state->context == nullptr || !set_up(*state, options)) {
    ec = queued_error();
    return nullptr;
  }
  ec.clear();
  return state;
}

// With the files that were to be read.
void throw_if(const std::error_code& ec, const char* what, std::initializer_list<const std::string*> pem_or_files) {
  if (!ec) return;
  std::string text = what;
  for (const std::string* each : pem_or_files) {
    if (!each->empty() && is_file(*each)) text += " " + *each;
  }
  throw std::system_error(ec, text);
}

}  // namespace

Config Config::client(const ClientOptions& options, std::error_code& ec) {
  return Config(make_state(::TLS_client_method(), options, &set_up_client, ec));
}

Config Config::client(const ClientOptions& options) {
  std::error_code ec;
  Config config = client(options, ec);
  throw_if(ec, "weft::net::tls::Config::client", {&options.trusted, &options.certificate, &options.key});
  return config;
}

Config Config::server(const ServerOptions& options, std::error_code& ec) {
  return Config(make_state(::TLS_server_method(), options, &set_up_server, ec));
}

Config Config::server(const ServerOptions& options) {
  std::error_code ec;
  Config config = server(options, ec);
  throw_if(ec, "weft::net::tls::Config::server", {&options.certificate, &options.key});
  return config;
}

}  // namespace weft::net::tls
