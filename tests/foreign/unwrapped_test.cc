// Client libraries that know nothing of goroutines, called plainly: they block their thread, and nobody else.
//
// What is asserted is that the ticker ran on while every call was blocked (a runtime that freezes its threads gets a
// few ticks, not hundreds). How late it came is printed; latency is for benchmarks.
#include <gtest/gtest.h>

#include <curl/curl.h>
#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <netdb.h>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "foreign/servers.h"
#include "foreign/ticker_watch.h"
#include "weft/runtime.h"

namespace {

using weft::foreign_test::PostgresServer;
using weft::foreign_test::RedisServer;
using weft::foreign_test::SlowHttpServer;
using weft::foreign_test::TickerWatch;

constexpr int kClients = 16;  // eight times the processors
constexpr int kProcessors = 2;
constexpr double kWhileBlocked = 0.25;
constexpr double kWhileComputing = 0.02;  // the clients keep the cores busy as well

// Runs `client(i)` on kClients goroutines beside the ticker, which must get at least this share of its ticks.
void run_clients(const char* what, double share, const std::function<void(int)>& client) {
  weft::run([&] {
    weft::set_max_procs(kProcessors);
    TickerWatch ticker;
    std::vector<weft::Task<void>> clients;
    for (int i = 0; i < kClients; ++i) clients.push_back(weft::spawn([&client, i] { client(i); }));
    for (auto& c : clients) c.join();
    const TickerWatch::Report report = ticker.finish(what);
    EXPECT_GT(static_cast<double>(report.ticks), report.elapsed_ms * share);
  });
}

void query_postgres(const std::string& where, int number) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(where.c_str()), &PQfinish);
  ASSERT_EQ(PQstatus(connection.get()), CONNECTION_OK) << PQerrorMessage(connection.get());
  for (int i = 0; i < 5; ++i) {
    const std::string sql = "select pg_sleep(0.05), " + std::to_string(number * 100 + i);
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), &PQclear);
    ASSERT_EQ(PQresultStatus(result.get()), PGRES_TUPLES_OK) << PQerrorMessage(connection.get());
    EXPECT_EQ(std::string(PQgetvalue(result.get(), 0, 1)), std::to_string(number * 100 + i));
  }
}

std::size_t append_body(char* data, std::size_t size, std::size_t count, void* body) {
  static_cast<std::string*>(body)->append(data, size * count);
  return size * count;
}

void fetch(const std::string& url) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
  std::string body;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &append_body);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  for (int i = 0; i < 5; ++i) {
    body.clear();
    ASSERT_EQ(curl_easy_perform(curl.get()), CURLE_OK);
    EXPECT_EQ(body, "hello");
  }
}

// A reply, or null and a failure recorded.
using Reply = std::unique_ptr<redisReply, void (*)(void*)>;
Reply ask(redisContext* redis, const std::string& command) {
  return Reply(static_cast<redisReply*>(redisCommand(redis, command.c_str())), &freeReplyObject);
}

// BLPOP blocks in the server until another goroutine pushes: they must all be on the way at once.
void pass_through_redis(int port, int number) {
  const std::unique_ptr<redisContext, decltype(&redisFree)> redis(redisConnect("127.0.0.1", port), &redisFree);
  ASSERT_TRUE(redis != nullptr && redis->err == 0) << (redis != nullptr ? redis->errstr : "out of memory");
  const std::string mine = std::to_string(number / 2);
  if (number % 2 == 0) {
    const Reply popped = ask(redis.get(), "BLPOP queue" + mine + " 0");
    ASSERT_TRUE(popped != nullptr && popped->type == REDIS_REPLY_ARRAY && popped->elements == 2);
    EXPECT_EQ(std::string(popped->element[1]->str), mine);
    return;
  }
  for (int i = 0; i < 2000; ++i) ASSERT_NE(ask(redis.get(), "INCR counter"), nullptr);
  ASSERT_NE(ask(redis.get(), "RPUSH queue" + mine + " " + mine), nullptr);
}

void resolve_localhost(int) {
  for (int i = 0; i < 200; ++i) {
    addrinfo hints{};
    hints.ai_family = AF_INET;
    addrinfo* found = nullptr;
    ASSERT_EQ(::getaddrinfo("localhost", "80", &hints, &found), 0);
    ASSERT_NE(found, nullptr);
    ::freeaddrinfo(found);
  }
}

TEST(Unwrapped, Libpq) {
  const PostgresServer server;
  run_clients("libpq", kWhileBlocked, [&](int i) { query_postgres(server.connection_string(), i); });
}

TEST(Unwrapped, Libcurl) {
  ASSERT_EQ(curl_global_init(CURL_GLOBAL_ALL), 0);
  const SlowHttpServer server;
  run_clients("libcurl", kWhileBlocked, [&](int) { fetch(server.url()); });
}

TEST(Unwrapped, Hiredis) {
  const RedisServer server;
  run_clients("hiredis", kWhileBlocked, [&](int i) { pass_through_redis(server.port(), i); });
}

TEST(Unwrapped, Getaddrinfo) { run_clients("getaddrinfo", kWhileComputing, resolve_localhost); }

TEST(Unwrapped, AllAtOnce) {
  const PostgresServer postgres;
  const RedisServer redis;
  const SlowHttpServer http;
  run_clients("all at once", kWhileBlocked, [&](int i) {
    query_postgres(postgres.connection_string(), i);
    pass_through_redis(redis.port(), i);
    fetch(http.url());
    resolve_localhost(i);
  });
}

}  // namespace
