// One TLS connection's state: OpenSSL's SSL over a descriptor that does not block.
//
// OpenSSL reads and writes the descriptor itself, through a BIO of ours, and never waits: an operation that would is
// tried again when the descriptor is ready for what it wants, which need not be what it is called. So a goroutine never
// parks inside OpenSSL, whose error queue belongs to the thread, and deadlines, contexts and close() work as for every
// stream.
//
// A lock makes steps of one reader and one writer exclusive; it is held for a step, never across a wait. After the
// handshake a writer reads nothing (renegotiation is refused), so a reader that waits for an edge misses none; for the
// same reason OpenSSL does not read ahead: what it had in its buffer no edge would tell of.
//
// REJECTED [tls.R1] memory BIOs, filled and drained by us: a copy more each way, and what the reader has to answer
//                   would have to be put in order with what the writer writes. Not measured
#pragma once

#include <openssl/ssl.h>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <vector>

#include "net/descriptor.h"
#include "net/tls_config.h"
#include "weft/detail/wait.h"
#include "weft/sync.h"

namespace weft::net::tls {

class Stream::Session {
 public:
  using Direction = Descriptor::Direction;

  /// Errors: OpenSSL's; invalid_argument for a client that checks its peer and does not say whom it wants, or says it
  /// with a zero byte.
  static std::unique_ptr<Session> make(const Config::State& config, std::string_view host, std::error_code& ec);
  /// Of a server whose configuration has no protocols; they stay where they are to the end of the handshake.
  void offer(const std::string* protocols) noexcept { SSL_set_app_data(ssl_, const_cast<std::string*>(protocols)); }
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Repeats `step(ssl)`, which returns more than 0 when it is done, until it is or fails.
  template <class Step>
  void run(Descriptor& descriptor, Direction direction, const detail::WaitLimits& limits, std::error_code& ec,
           Step&& step) {
    while (true) {
      Outcome outcome;
      descriptor.perform(direction, limits, ec, [&](int fd) -> ssize_t {
        outcome = take(fd, step);
        if (outcome.ended || outcome.wants != direction) return 0;
        errno = EAGAIN;
        return -1;
      });
      if (!ec && outcome.ended) ec = outcome.error;
      if (ec || outcome.ended) return;
      direction = outcome.wants;
    }
  }

  /// A step that does not wait, for perform()'s kin of the descriptor: 0 when it has ended, with `error`; EAGAIN while
  /// it waits for something to read. Where it has to write first, which happens when keys are renewed, `writes` is set.
  template <class Step>
  ssize_t try_read(int fd, std::error_code& error, bool& writes, Step&& step) {
    const Outcome outcome = take(fd, step);
    error = outcome.error;
    writes = !outcome.ended && outcome.wants == Direction::kWrite;
    if (outcome.ended || writes) return 0;
    errno = EAGAIN;
    return -1;
  }

  /// The same for writing. 0 when it has ended, with `error`; EAGAIN while it waits for anything.
  template <class Step>
  ssize_t try_write(int fd, std::error_code& error, Step&& step) {
    const Outcome outcome = take(fd, step);
    error = outcome.error;
    if (outcome.ended) return 0;
    errno = EAGAIN;
    return -1;
  }

  /// Says close_notify if nobody is in the way.
  void say_goodbye(Descriptor& descriptor) noexcept;

  /// What there is to write as one piece.
  std::span<const std::byte> gather(detail::IoVector& from);

  /// Why nothing more can be written, if so.
  std::error_code unwritable(const Descriptor& descriptor) const noexcept {
    return descriptor.is_closed() ? weft::errc::closed : write_error;
  }

  std::error_code write_error;  // of the writer: it cannot go on in the middle of a record

  /// Asks OpenSSL under the lock.
  template <class Ask>
  auto ask(Ask&& question) const {
    const std::lock_guard lock(mutex_);
    return question(ssl_);
  }

 private:
  struct Outcome {
    bool ended = false;
    Direction wants = Direction::kRead;
    std::error_code error;
  };

  explicit Session(SSL* adopted) noexcept : ssl_(adopted) {}

  template <class Step>
  Outcome take(int fd, Step&& step) {
    const std::lock_guard lock(mutex_);
    begin(fd);
    return judge(step(ssl_));
  }
  void begin(int fd) noexcept;
  Outcome judge(int result) noexcept;

  static BIO_METHOD* method() noexcept;
  static int read(BIO* bio, char* into, int bytes) noexcept;
  static int write(BIO* bio, const char* from, int bytes) noexcept;
  static long control(BIO* bio, int command, long number, void* pointer) noexcept;

  mutable Mutex mutex_;
  SSL* const ssl_;  // under the lock, as what follows
  int fd_ = -1;     // of the step under way
  int errno_ = 0;   // of its last system call
  bool said_goodbye_ = false;
  std::vector<std::byte> gathered_;  // the writer's
};

/// For the layers above, which wait in ways that a stream does not offer: as Descriptor's functions of these names.
struct StreamAccess {
  /// As Stream::server(), but a connection whose handshake failed stays open and the caller's. `default_protocols`: the
  /// ALPN names, each after its length, of a configuration that has none; null, or where it stays to the end.
  static Stream server(TcpStream& connection, const Config& config, const std::string* default_protocols,
                       const Context& ctx, std::error_code& ec);
  static ssize_t read_or_watch(Stream& stream, Watcher& watcher, std::span<char> into, std::error_code& ec);
  static bool read_now(Stream& stream, std::span<char> into, std::error_code& ec, ssize_t& count);
  /// As many of them as can be written without waiting. Returns how many that was; those that are left are what must be
  /// written next.
  static std::size_t write_now(Stream& stream, std::span<const std::byte> from, std::error_code& ec);
};

}  // namespace weft::net::tls
