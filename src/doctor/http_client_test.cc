#include "doctor/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/x509v3.h>
#include <unistd.h>
#include <zlib.h>

#include <atomic>
#include <boost/asio/ssl.hpp>

#include "doctor/loopback_server.h"

namespace weft::doctor {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr milliseconds kShort{300};
constexpr milliseconds kLate{60'000};  // far beyond kShort, for a machine that is busy

HttpOptions hasty() {
  HttpOptions options;
  options.connect_timeout = kLate;
  options.answer_timeout = kLate;
  return options;
}

HttpAnswer get(const std::string& url, const HttpOptions& options = hasty()) {
  return http_get(parse_http_url(url), options);
}

// Why the URL gave no answer; empty when it gave one.
std::string why_not(const std::string& url, const HttpOptions& options = hasty()) {
  try {
    get(url, options);
  } catch (const HttpError& error) {
    return error.what();
  }
  return "";
}

// The same for a server that does not end its answer; it must not take longer than the deadline.
std::string why_not_in_time(const LoopbackServer& server) {
  HttpOptions options;
  options.connect_timeout = options.answer_timeout = kShort;
  const auto start = std::chrono::steady_clock::now();
  std::string why = why_not(server.url("/slow"), options);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 2 * kShort + kLate);
  return why;
}

std::string gzip(const std::string& text) {
  std::string packed(compressBound(text.size()) + 32, '\0');
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

// A server whose every answer is these bytes, and the question it was last asked.
struct Fixed {
  explicit Fixed(std::string bytes)
      : server([this, bytes = std::move(bytes)](LoopbackServer&, LoopbackServer::Socket& socket) {
          std::string head = LoopbackServer::read_head(socket);
          {
            const std::lock_guard lock(mutex);
            question = std::move(head);
          }
          LoopbackServer::write(socket, bytes);
        }) {}

  std::string asked() {
    const std::lock_guard lock(mutex);
    return question;
  }

  std::mutex mutex;
  std::string question;
  LoopbackServer server;
};

TEST(HttpClient, GivesStatusTypeAndBody) {
  Fixed fixed(LoopbackServer::answer("200 OK", "Content-Type: Text/Plain; charset=utf-8\r\n", "hello"));
  const HttpAnswer answer = get(fixed.server.url("/a?b=c#d"));
  EXPECT_TRUE(answer.ok());
  EXPECT_EQ(answer.content_type, "text/plain");
  EXPECT_EQ(answer.body, "hello");
  EXPECT_THAT(fixed.asked(),
              AllOf(HasSubstr("GET /a?b=c HTTP/1.1\r\n"), HasSubstr("Host: 127.0.0.1:" + fixed.server.port()),
                    Not(HasSubstr("Authorization"))));
}

TEST(HttpClient, ReadsChunks) {
  Fixed fixed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(get(fixed.server.url()).body, "abcde");
}

TEST(HttpClient, ReadsToTheEndWithoutALength) {
  Fixed fixed("HTTP/1.0 200 OK\r\n\r\nold");
  EXPECT_EQ(get(fixed.server.url()).body, "old");
}

TEST(HttpClient, PassesOverInterimAnswers) {
  Fixed fixed("HTTP/1.1 103 Early Hints\r\n\r\n" + LoopbackServer::answer("200 OK", "", "x"));
  EXPECT_EQ(get(fixed.server.url()).body, "x");
  std::string many;
  for (int i = 0; i < 20; ++i) many += "HTTP/1.1 100 Continue\r\n\r\n";
  Fixed endless(many);
  EXPECT_THAT(why_not(endless.server.url()), HasSubstr("does not come"));
}

TEST(HttpClient, UnpacksGzip) {
  Fixed fixed(LoopbackServer::answer("200 OK", "Content-Encoding: gzip\r\n", gzip("packed")));
  EXPECT_EQ(get(fixed.server.url()).body, "packed");
  Fixed damaged(LoopbackServer::answer("200 OK", "Content-Encoding: gzip\r\n", "no gzip"));
  EXPECT_THAT(why_not(damaged.server.url()), HasSubstr("can't be unpacked"));
  Fixed other(LoopbackServer::answer("200 OK", "Content-Encoding: br\r\n", "x"));
  EXPECT_THAT(why_not(other.server.url()), HasSubstr("packed in a way"));
}

TEST(HttpClient, BoundsWhatItUnpacks) {
  Fixed bomb(LoopbackServer::answer("200 OK", "Content-Encoding: gzip\r\n", gzip(std::string(1 << 20, 'a'))));
  HttpOptions options = hasty();
  options.most_bytes = 64 * 1024;
  EXPECT_THAT(why_not(bomb.server.url(), options), HasSubstr("can't be unpacked"));
}

TEST(HttpClient, ErrorStatusesAreAnswers) {
  Fixed fixed(LoopbackServer::answer("404 Not Found", "Content-Type: text/plain\r\n", "Unknown profile\nmore"));
  const HttpAnswer answer = get(fixed.server.url());
  EXPECT_FALSE(answer.ok());
  EXPECT_EQ(answer.describe(), "404 Not Found: Unknown profile");
  Fixed page(LoopbackServer::answer("502 Bad Gateway", "Content-Type: text/html\r\n", "<html>"));
  EXPECT_EQ(get(page.server.url()).describe(), "502 Bad Gateway");
}

TEST(HttpClient, SendsWhoAsks) {
  Fixed fixed(LoopbackServer::answer("200 OK", "", ""));
  get("http://us%65r:p%3Aw@127.0.0.1:" + fixed.server.port());
  EXPECT_THAT(fixed.asked(), HasSubstr("Authorization: Basic dXNlcjpwOnc=\r\n"));
  HttpOptions options = hasty();
  options.bearer_token = "t0ken";
  get(fixed.server.url(), options);
  EXPECT_THAT(fixed.asked(), HasSubstr("Authorization: Bearer t0ken\r\n"));
  options.bearer_token = "t0ken\r\nX-Other: header";
  EXPECT_THAT(why_not(fixed.server.url(), options), HasSubstr("line ends"));
}

TEST(HttpClient, KeepsPasswordsOutOfMessages) {
  EXPECT_THAT(why_not("http://me:secret@127.0.0.1:1/"), AllOf(HasSubstr("127.0.0.1:1"), Not(HasSubstr("secret"))));
  EXPECT_THAT(why_not("ftp://me:secret@x/"), AllOf(HasSubstr("only http"), Not(HasSubstr("secret"))));
}

TEST(HttpClient, FollowsRedirects) {
  LoopbackServer server(LoopbackServer::Answer([](const std::string& target) {
    if (target == "/debug/pprof") return LoopbackServer::answer("301 Moved", "Location: /debug/pprof/\r\n", "");
    if (target == "/debug/pprof/") return LoopbackServer::answer("302 Found", "Location: heap?x=1\r\n", "");
    return LoopbackServer::answer("200 OK", "", target);
  }));
  const HttpAnswer answer = get(server.url("/debug/pprof"));
  EXPECT_EQ(answer.body, "/debug/pprof/heap?x=1");
  EXPECT_EQ(answer.url.text(), server.url("/debug/pprof/heap?x=1"));
}

TEST(HttpClient, GivesSecretsToNoOtherServer) {
  Fixed other(LoopbackServer::answer("200 OK", "", ""));
  Fixed first(LoopbackServer::answer("307 Temporary Redirect", "Location: " + other.server.url("/x") + "\r\n", ""));
  HttpOptions options = hasty();
  options.bearer_token = "t0ken";
  get(first.server.url(), options);
  get("http://me:secret@127.0.0.1:" + first.server.port());
  EXPECT_THAT(first.asked(), HasSubstr("Authorization: Basic"));
  EXPECT_THAT(other.asked(), AllOf(HasSubstr("GET /x"), Not(HasSubstr("Authorization"))));
}

TEST(HttpClient, EndsRedirectLoops) {
  Fixed loop(LoopbackServer::answer("302 Found", "Location: /again\r\n", ""));
  EXPECT_THAT(why_not(loop.server.url()), HasSubstr("redirects more than 5 times"));
  Fixed nowhere(LoopbackServer::answer("302 Found", "Location: gopher://x\r\n", ""));
  EXPECT_THAT(why_not(nowhere.server.url()), HasSubstr("only http and https"));
}

TEST(HttpClient, SaysThatNobodyListens) {
  std::string port;
  {
    LoopbackServer gone(LoopbackServer::Answer([](const std::string&) { return ""; }));
    port = gone.port();
  }
  EXPECT_EQ(why_not("http://127.0.0.1:" + port), "http://127.0.0.1:" + port + ": connection refused");
  EXPECT_EQ(why_not("127.0.0.1:" + port), "http://127.0.0.1:" + port + ": connection refused");
}

TEST(HttpClient, SaysThatThereIsNoSuchHost) {
  EXPECT_THAT(why_not("http://no-such-host.invalid:6060/"),
              AllOf(HasSubstr("no-such-host.invalid"), HasSubstr("no host")));
}

TEST(HttpClient, SaysThatAConnectionWasReset) {
  LoopbackServer server([](LoopbackServer&, LoopbackServer::Socket& socket) {
    LoopbackServer::read_head(socket);
    const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
    ::connect(socket.native_handle(), &nobody, sizeof nobody);  // Linux: ends the connection with a reset
  });
  EXPECT_THAT(why_not(server.url()), HasSubstr("was reset"));
}

TEST(HttpClient, SaysThatAnAnswerIsCutShort) {
  Fixed length("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_THAT(why_not(length.server.url()), HasSubstr("in the middle of its answer"));
  Fixed chunk("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc");
  EXPECT_THAT(why_not(chunk.server.url()), HasSubstr("in the middle of its answer"));
  Fixed header("HTTP/1.1 200 O");
  EXPECT_THAT(why_not(header.server.url()), HasSubstr("in the middle of its answer"));
  Fixed nothing("");
  EXPECT_THAT(why_not(nothing.server.url()), HasSubstr("without an answer"));
}

TEST(HttpClient, SaysThatItIsNoHttp) {
  Fixed ssh("SSH-2.0-OpenSSH_9.2\r\n");
  EXPECT_THAT(why_not(ssh.server.url()), HasSubstr("does not answer in HTTP"));
  Fixed length("HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n");
  EXPECT_THAT(why_not(length.server.url()), HasSubstr("does not answer in HTTP"));
  Fixed chunk("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  EXPECT_THAT(why_not(chunk.server.url()), HasSubstr("does not answer in HTTP"));
}

TEST(HttpClient, BoundsWhatItReads) {
  HttpOptions options = hasty();
  options.most_bytes = 1000;
  Fixed announced("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_THAT(why_not(announced.server.url(), options), HasSubstr("too large"));
  Fixed chunked("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2000, 'x') +
                "\r\n0\r\n\r\n");
  EXPECT_THAT(why_not(chunked.server.url(), options), HasSubstr("too large"));
  Fixed unbounded("HTTP/1.0 200 OK\r\n\r\n" + std::string(2000, 'x'));
  EXPECT_THAT(why_not(unbounded.server.url(), options), HasSubstr("too large"));
  Fixed header("HTTP/1.1 200 OK\r\nX: " + std::string(1 << 20, 'x'));
  EXPECT_THAT(why_not(header.server.url(), options), HasSubstr("header is too large"));
}

TEST(HttpClient, WaitsNoLongerThanToldForSilence) {
  LoopbackServer server([](LoopbackServer&, LoopbackServer::Socket& socket) { LoopbackServer::read_all(socket); });
  EXPECT_THAT(why_not_in_time(server), HasSubstr("no answer in time"));
}

TEST(HttpClient, WaitsNoLongerThanToldForATrickle) {
  LoopbackServer server([](LoopbackServer& self, LoopbackServer::Socket& socket) {
    LoopbackServer::read_head(socket);
    LoopbackServer::write(socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (LoopbackServer::write(socket, "1\r\nx\r\n") && self.pause(milliseconds(1))) {
    }
  });
  EXPECT_THAT(why_not_in_time(server), HasSubstr("no answer in time"));
}

TEST(HttpClient, WaitsNoLongerThanToldForAConnection) {
  boost::asio::io_context io;
  const boost::asio::ip::tcp::endpoint loopback(boost::asio::ip::address_v4::loopback(), 0);
  boost::asio::ip::tcp::acceptor full(io, loopback.protocol());
  full.bind(loopback);
  full.listen(0);
  // Whoever comes once its queue is full hears nothing.
  std::list<boost::asio::ip::tcp::socket> queue;
  for (int i = 0; i < 8; ++i) {
    queue.emplace_back(io).open(loopback.protocol());
    queue.back().native_non_blocking(true);
    const auto endpoint = full.local_endpoint();
    ::connect(queue.back().native_handle(), endpoint.data(), static_cast<socklen_t>(endpoint.size()));
  }
  HttpOptions options;
  options.connect_timeout = kShort;
  options.answer_timeout = kLate;
  EXPECT_THAT(why_not("http://127.0.0.1:" + std::to_string(full.local_endpoint().port()), options),
              HasSubstr("no connection in time"));
}

TEST(HttpClient, TellsThatItWaits) {
  std::atomic<bool> told{false};
  LoopbackServer server([&told](LoopbackServer& self, LoopbackServer::Socket& socket) {
    LoopbackServer::read_head(socket);
    while (!told && self.pause(milliseconds(5))) {
    }
    LoopbackServer::write(socket, LoopbackServer::answer("200 OK", "", "x"));
  });
  HttpOptions options;
  options.waiting = [&told] { told = true; };
  const HttpAnswer answer = get(server.url(), options);
  EXPECT_TRUE(told);
  EXPECT_GE(answer.seconds, 0.5);
}

struct KeyAndCertificate {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();

  explicit KeyAndCertificate(const std::string& alternative_name) {
    X509_set_version(certificate, 2);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative_name.c_str());
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate, key, EVP_sha256());
  }
  ~KeyAndCertificate() {
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  KeyAndCertificate(const KeyAndCertificate&) = delete;
  KeyAndCertificate& operator=(const KeyAndCertificate&) = delete;

  std::string pem() const {
    BIO* memory = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(memory, certificate);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(memory, &bytes);
    std::string text(bytes, static_cast<std::size_t>(size));
    BIO_free(memory);
    return text;
  }
};

// A TLS server whose certificate is for `alternative_name`, and nobody's authority signed it.
struct TlsServer {
  explicit TlsServer(const std::string& alternative_name) : identity(alternative_name) {
    SSL_CTX_use_certificate(context.native_handle(), identity.certificate);
    SSL_CTX_use_PrivateKey(context.native_handle(), identity.key);
  }

  void serve(LoopbackServer::Socket& socket) {
    boost::asio::ssl::stream<LoopbackServer::Socket&> stream(socket, context);
    boost::system::error_code error;
    stream.handshake(boost::asio::ssl::stream_base::server, error);
    if (error) return;
    std::string head;
    boost::asio::read_until(stream, boost::asio::dynamic_buffer(head), "\r\n\r\n", error);
    boost::asio::write(stream, boost::asio::buffer(LoopbackServer::answer("200 OK", "", "secret")), error);
  }

  std::string url() const { return "https://127.0.0.1:" + server.port() + "/"; }

  KeyAndCertificate identity;
  boost::asio::ssl::context context{boost::asio::ssl::context::tls_server};
  LoopbackServer server{[this](LoopbackServer&, LoopbackServer::Socket& socket) { serve(socket); }};
};

// OpenSSL trusts what the file of this variable has.
struct TrustedFile {
  explicit TrustedFile(const std::string& pem)
      : path(testing::TempDir() + "weft_http_client_test" + std::to_string(::getpid()) + ".pem") {
    std::FILE* file = std::fopen(path.c_str(), "w");
    std::fwrite(pem.data(), 1, pem.size(), file);
    std::fclose(file);
    ::setenv("SSL_CERT_FILE", path.c_str(), 1);
  }
  ~TrustedFile() {
    ::unsetenv("SSL_CERT_FILE");
    std::remove(path.c_str());
  }
  std::string path;
};

TEST(HttpClientTls, RefusesAnUntrustedCertificate) {
  TlsServer tls("IP:127.0.0.1");
  EXPECT_THAT(why_not(tls.url()), AllOf(HasSubstr("not trusted"), HasSubstr("self-signed"), HasSubstr("--insecure")));
}

TEST(HttpClientTls, AsksInsecurelyWhenTold) {
  TlsServer tls("DNS:elsewhere.example");
  HttpOptions options = hasty();
  options.verify_tls = false;
  EXPECT_EQ(get(tls.url(), options).body, "secret");
}

TEST(HttpClientTls, TrustsWhatTheSystemTrustsForThatHostAlone) {
  TlsServer right("IP:127.0.0.1");
  {
    const TrustedFile trusted(right.identity.pem());
    EXPECT_EQ(get(right.url()).body, "secret");
  }
  TlsServer wrong("DNS:elsewhere.example");
  const TrustedFile trusted(wrong.identity.pem());
  EXPECT_THAT(why_not(wrong.url()), AllOf(HasSubstr("not trusted"), HasSubstr("not for this host")));
}

TEST(HttpClientTls, SaysThatThereIsNoTls) {
  LoopbackServer plain([](LoopbackServer&, LoopbackServer::Socket& socket) {
    LoopbackServer::write(socket, LoopbackServer::answer("400 Bad Request", "", ""));
    LoopbackServer::read_all(socket);
  });
  EXPECT_THAT(why_not("https://127.0.0.1:" + plain.port()), HasSubstr("is it http://127.0.0.1:"));
}

TEST(HttpClientTls, WaitsNoLongerThanToldForTheGreeting) {
  LoopbackServer server([](LoopbackServer&, LoopbackServer::Socket& socket) { LoopbackServer::read_all(socket); });
  HttpOptions options;
  options.connect_timeout = kShort;
  EXPECT_THAT(why_not("https://127.0.0.1:" + server.port(), options), HasSubstr("no TLS greeting in time"));
}

TEST(HttpUrl, UnderstandsWhatPeopleType) {
  EXPECT_EQ(parse_http_url("h:6060").text(), "http://h:6060");
  EXPECT_EQ(parse_http_url(":6060").text(), "http://localhost:6060");
  EXPECT_EQ(parse_http_url("HTTPS://Host/a/b?c#d").text(), "https://host/a/b?c");
  EXPECT_EQ(parse_http_url("http://h:80").text(), "http://h");
  EXPECT_EQ(parse_http_url("http://h?x=1").target, "/?x=1");
  EXPECT_EQ(parse_http_url("http://[::1]:6060/x").host, "::1");
  EXPECT_EQ(parse_http_url("[::1]:6060").authority(), "[::1]:6060");
  EXPECT_EQ(parse_http_url("h/a?u=http://b").text(), "http://h/a?u=http://b");
}

TEST(HttpUrl, RefusesWhatIsNone) {
  for (const char* text : {"", "http://", "http://h:x", "http://h:0", "http://h:65536", "http://::1/", "http://[::1",
                           "a b", "http://h/\r\nX: y", "unix:///run/x", "http://[::1]x/", "http://h:6060:7/"}) {
    EXPECT_THROW(parse_http_url(text), HttpError) << text;
  }
}

TEST(HttpUrl, EncodesQueries) { EXPECT_EQ(percent_encoded("a{b=\"c\"} +ü"), "a%7Bb%3D%22c%22%7D%20%2B%C3%BC"); }

}  // namespace
}  // namespace weft::doctor
