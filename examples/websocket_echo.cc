// Boost.Beast's WebSocket, server and client, on weft's streams: blocking style, a goroutine a connection.
#include <weft/net/asio.h>
#include <weft/weft.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <cstdio>
#include <string>

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using weft::net::TcpListener;
using weft::net::TcpStream;

void echo(TcpStream connection) {
  websocket::stream<TcpStream> socket(std::move(connection));
  socket.accept();
  boost::system::error_code ec;
  while (true) {
    beast::flat_buffer message;
    socket.read(message, ec);
    if (ec) return;  // websocket::error::closed, most often
    socket.text(socket.got_text());
    socket.write(message.data(), ec);
  }
}

int main() {
  return weft::run([] {
    TcpListener listener = TcpListener::listen("127.0.0.1:0");
    weft::Group server;
    server.go([&] { echo(listener.accept()); });

    const std::string address = listener.local_endpoint().to_string();
    websocket::stream<TcpStream> client(TcpStream::connect(address));
    client.handshake(address, "/");
    for (const std::string& word : {std::string("hello"), std::string("and again")}) {
      client.write(boost::asio::buffer(word));
      beast::flat_buffer message;
      client.read(message);
      std::printf("%s\n", beast::buffers_to_string(message.data()).c_str());
    }
    client.close(websocket::close_code::normal);
    server.wait();
  });
}

// Prints:
//   hello
//   and again
