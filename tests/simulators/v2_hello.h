#pragma once
// The least a Stratum V2 client does: connects, makes the handshake, checks the certificate, and exchanges
// messages one at a time. For tests of what stands around a session; throws std::runtime_error when the
// server does not do its part within ten seconds. One thread.

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "server/random_bytes.h"
#include "stratum/v2/message.h"
#include "stratum/v2/messages_common.h"
#include "stratum/v2/noise.h"
#include "stratum/v2/transport.h"

namespace simulators {

class V2Hello {
  public:
    explicit V2Hello(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        need(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "no connection");
    }
    ~V2Hello() { close(socket_); }
    V2Hello(const V2Hello&) = delete;
    V2Hello& operator=(const V2Hello&) = delete;

    void write(std::string_view bytes) {
        need(send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()),
             "the server takes no bytes");
    }
    void send_act1() { write(text_of(initiator_.act1())); }
    // Whether the certificate holds, and is by `authority` when it is given.
    void read_act2(const std::optional<stratum::v2::XOnlyKey>& authority = {}) {
        while (input_.size() < stratum::v2::act2_bytes) need(read_some(), "no act 2");
        stratum::v2::Act2 act2{};
        std::copy_n(input_.begin(), act2.size(), act2.begin());
        input_.erase(0, act2.size());
        const auto made = initiator_.read_act2(act2);
        need(made.has_value(), "act 2 does not decrypt");
        if (authority)
            need(
                check(made->certificate, {made->server_key, *authority},
                      static_cast<std::uint32_t>(std::time(nullptr))) == stratum::v2::CertificateCheck::valid,
                "the certificate does not hold");
        transport_ = std::make_unique<stratum::v2::Transport>(made->keys);
    }
    void shake_hands(const std::optional<stratum::v2::XOnlyKey>& authority = {}) {
        send_act1();
        read_act2(authority);
    }

    template <stratum::v2::Message M>
    void say(const M& message) {
        std::string payload;
        append(message, payload);
        std::string wire;
        transport_->write(stratum::v2::header_of<M>(payload.size()), stratum::view_of(payload), wire);
        write(wire);
    }
    // The next frame of this kind; others are passed over. Valid until the next call.
    template <stratum::v2::Message M>
    M hear() {
        while (true) {
            stratum::ByteView wire = stratum::view_of(input_);
            const auto read = transport_->read(wire, stratum::v2::payload_bytes_max);
            input_.erase(0, input_.size() - wire.size());
            if (read == stratum::v2::Read::incomplete) {
                need(read_some(), "the server closed, or says nothing");
                continue;
            }
            need(read == stratum::v2::Read::frame, "a frame does not decrypt");
            if (!stratum::v2::is<M>(transport_->header())) continue;
            M message;
            need(parse(transport_->payload(), message).has_value(), "a message cannot be read");
            return message;
        }
    }
    stratum::v2::SetupConnectionSuccess set_up(std::uint32_t flags = 0) {
        stratum::v2::SetupConnection message;
        message.min_version = message.max_version = stratum::v2::protocol_version;
        message.flags = flags;
        message.vendor = "hello";
        say(message);
        return hear<stratum::v2::SetupConnectionSuccess>();
    }

    // What comes until the server closes.
    std::string rest() {
        while (read_some()) continue;
        return input_;
    }

  private:
    static void need(bool holds, const char* what) {
        if (!holds) throw std::runtime_error(what);
    }
    static std::string_view text_of(const stratum::v2::Act1& bytes) {
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    // False at the end; throws after ten seconds of silence.
    bool read_some() {
        pollfd ready{socket_, POLLIN, 0};
        std::array<char, 4096> piece;
        need(poll(&ready, 1, 10'000) > 0, "ten seconds of silence");
        const auto count = recv(socket_, piece.data(), piece.size(), 0);
        if (count <= 0) return false;
        input_.append(piece.data(), static_cast<std::size_t>(count));
        return true;
    }

    int socket_;
    stratum::v2::Initiator initiator_{stratum::v2::make_key_pair(server::fill_random)};
    std::unique_ptr<stratum::v2::Transport> transport_;
    std::string input_;
};

}  // namespace simulators
