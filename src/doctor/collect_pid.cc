#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <thread>

#include "doctor/bundle.h"
#include "doctor/collect.h"
#include "doctor/http_client.h"
#include "doctor/intake.h"
#include "doctor/listening_ports.h"
#include "doctor/process_files.h"

namespace weft::doctor {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

double unix_now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

class PidCollector {
 public:
  PidCollector(Evidence& evidence, int pid, const CollectOptions& options)
      : evidence_(evidence), pid_(pid), options_(options), intake_(evidence, options.save_folder) {}

  void run() {
    // From now on the number stands for this process even if another one gets it; -1 before Linux 5.3.
    const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    const std::optional<FileTexts> files = pid_ > 0 ? collect_process_files(pid_) : std::nullopt;
    if (!files) throw_absence();
    add_look(*files);
    evidence_.live = true;
    if (evidence_.name.empty()) evidence_.name = fmt::format("process {}", pid_);
    evidence_.sources.push_back(fmt::format("process {}: /proc and control groups", pid_));
    if (!files->contains(path("/environ"))) {
      evidence_.unread.push_back(path("/environ") + " can't be read: run as the process's user, or as root");
    }
    executable();
    debug_ports();
    second_look(process);
  }

 private:
  std::string path(const std::string& file) const { return "/proc/" + std::to_string(pid_) + file; }

  [[noreturn]] void throw_absence() const {
    const std::string what = "process " + std::to_string(pid_);
    if (pid_ <= 0) throw std::system_error(EINVAL, std::generic_category(), what);
    const bool hidden = ::kill(pid_, 0) != 0 ? errno == EPERM : true;
    if (hidden)
      throw std::system_error(EACCES, std::generic_category(), what + " is there, but /proc does not show it");
    throw std::system_error(ESRCH, std::generic_category(), what);
  }

  void add_look(const FileTexts& files) {
    evidence_.process.push_back(read_process_state(files));
    evidence_.process.back().unix_seconds = unix_now();
    intake_.keep_process(evidence_.process.size() == 1 ? "process.start" : "process.stop", files, unix_now());
  }

  void executable() {
    const std::string link = path("/exe");
    std::error_code error;
    const std::filesystem::path target = std::filesystem::read_symlink(link, error);
    if (error) {
      const bool denied = error == std::errc::permission_denied;
      evidence_.unread.push_back(link + ": " + error.message() +
                                 (denied ? ": run as the process's user, or as root" : ": has the process ended?"));
      return;
    }
    const Descriptor file(::open(link.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.number() < 0) {
      evidence_.unread.push_back(target.string() + ": " + std::generic_category().message(errno));
      return;
    }
    add_content(evidence_, target.string(), read_all(file.number(), target.string()));
  }

  std::string read_all(int file, const std::string& name) {
    constexpr std::size_t kMostBytes = std::size_t{1} << 30;
    constexpr std::size_t kBlock = std::size_t{1} << 20;
    std::string bytes;
    while (bytes.size() < kMostBytes) {
      const std::size_t size = bytes.size();
      bytes.resize(size + kBlock);
      const ssize_t got = ::read(file, bytes.data() + size, kBlock);
      bytes.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return bytes;
    }
    evidence_.unread.push_back(name + ": only its first GiB was read");
    return bytes;
  }

  // Says where profiles are to be had; takes none, for nobody asked for that.
  void debug_ports() {
    constexpr std::size_t kMostPorts = 8;
    HttpOptions http;
    http.connect_timeout = http.answer_timeout = std::chrono::milliseconds(500);
    http.most_bytes = std::size_t{1} << 20;
    http.most_redirects = 0;
    std::vector<std::string> ports = loopback_ports(pid_);
    ports.resize(std::min(ports.size(), kMostPorts));
    for (const std::string& port : ports) {
      try {
        const HttpAnswer answer = http_get(parse_http_url("http://" + port + "/debug/pprof/"), http);
        if (!answer.ok() || answer.body.find("goroutine") == std::string::npos) continue;
        evidence_.sources.push_back(
            fmt::format("{} answers /debug/pprof/: `weft doctor http://{}` reads its profiles", port, port));
      } catch (const HttpError&) {  // something else listens there
      }
    }
  }

  void second_look(const Descriptor& process) {
    constexpr seconds kMost{10};
    const Clock::time_point end = Clock::now() + std::min(options_.cpu_seconds, kMost);
    const bool ended = wait_for_end(process, end);
    const std::optional<FileTexts> files = ended ? std::nullopt : collect_process_files(pid_);
    if (files) add_look(*files);
    const auto& looks = evidence_.process;
    const bool other = files && looks.back().start_seconds != looks[looks.size() - 2].start_seconds;
    if (other) evidence_.process.pop_back();
    if (!files || other) {
      evidence_.unread.push_back(fmt::format("process {} ended meanwhile: there is no second look at it", pid_));
    }
  }

  // True if the process ended before.
  bool wait_for_end(const Descriptor& process, Clock::time_point end) const {
    while (Clock::now() < end) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
      options_.progress(
          fmt::format("watching process {}: {} s remaining", pid_, std::chrono::ceil<seconds>(left).count()));
      const auto turn = std::min<std::chrono::milliseconds>(left, seconds(1));
      pollfd one{.fd = process.number(), .events = POLLIN, .revents = 0};
      if (one.fd < 0) {
        std::this_thread::sleep_for(turn);
      } else if (::poll(&one, 1, static_cast<int>(turn.count())) > 0) {
        return true;
      }
    }
    return false;
  }

  Evidence& evidence_;
  const int pid_;
  const CollectOptions& options_;
  Intake intake_;
};

}  // namespace

void collect_pid(Evidence& evidence, int pid, const CollectOptions& options) {
  PidCollector(evidence, pid, options).run();
}

}  // namespace weft::doctor
