#include "tests/simulators/faulty_link.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <list>
#include <stdexcept>
#include <string>
#include <vector>

namespace simulators {

namespace {

constexpr const char* socket_name = ".s.PGSQL.5432";

sockaddr_un address_in(const std::filesystem::path& folder) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = (folder / socket_name).string();
    if (path.size() >= sizeof address.sun_path) throw std::runtime_error("the folder's name is too long");
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

int open_socket() {
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) throw std::runtime_error("socket failed");
    return socket;
}

bool send_all(int socket, const char* data, std::size_t size) {
    while (size > 0) {
        const auto sent = ::send(socket, data, size, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        data += sent;
        size -= static_cast<std::size_t>(sent);
    }
    return true;
}

std::size_t length_at(const std::string& bytes, std::size_t at) {
    std::uint32_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(bytes[at + i]);
    return length;
}

}  // namespace

struct FaultyLink::Wire {
    int client = -1;
    int server = -1;
    bool started = false;  // behind the startup packet, which has no type
    bool mute = false;     // the next answer ends it
    std::string question;
    std::string answer;
};

FaultyLink::FaultyLink(const std::filesystem::path& server, const std::filesystem::path& here)
    : server_(server), here_(here), listener_(open_socket()) {
    const auto address = address_in(here_);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 16) != 0 || ::pipe(wake_) != 0)
        throw std::runtime_error("cannot listen in " + here_.string());
    thread_ = std::thread([this] { run(); });
}

FaultyLink::~FaultyLink() {
    static_cast<void>(::write(wake_[1], "x", 1));
    thread_.join();
    for (const int descriptor : {listener_, wake_[0], wake_[1]}) ::close(descriptor);
    std::error_code ignored;
    std::filesystem::remove(here_ / socket_name, ignored);
}

void FaultyLink::break_at(int statement, Side side) {
    mend();
    side_ = side;
    break_at_ = statement;
}

void FaultyLink::mend() {
    break_at_ = 0;
    statements_ = 0;
    broke_ = false;
}

// False: the wire is to be cut. A statement is a simple query, the sync behind an extended one, or the end of
// a COPY.
bool FaultyLink::forward(Wire& wire) {
    char data[65536];
    const auto count = ::recv(wire.client, data, sizeof data, 0);
    if (count <= 0) return false;
    wire.question.append(data, static_cast<std::size_t>(count));
    std::size_t at = 0;
    for (;;) {
        const std::size_t head = wire.started ? 1 : 0;
        if (wire.question.size() < at + head + 4) break;
        const auto end = at + head + length_at(wire.question, at + head);
        if (wire.question.size() < end) break;
        const char type = wire.started ? wire.question[at] : '\0';
        wire.started = true;
        if (type == 'Q' || type == 'S' || type == 'c') {
            if (++statements_ == break_at_) {
                broke_ = true;
                if (side_ == Side::question_lost) return false;
                wire.mute = true;
            }
        }
        at = end;
    }
    const bool passed = send_all(wire.server, wire.question.data(), at);
    wire.question.erase(0, at);
    return passed;
}

bool FaultyLink::backward(Wire& wire) {
    char data[65536];
    const auto count = ::recv(wire.server, data, sizeof data, 0);
    if (count <= 0) return false;
    wire.answer.append(data, static_cast<std::size_t>(count));
    std::size_t at = 0;
    while (wire.answer.size() >= at + 5) {
        const auto end = at + 1 + length_at(wire.answer, at + 1);
        if (wire.answer.size() < end) break;
        // Ready for the next statement, or for the rows of a COPY: it is done.
        if (wire.mute && (wire.answer[at] == 'Z' || wire.answer[at] == 'G')) return false;
        at = end;
    }
    const bool passed = wire.mute || send_all(wire.client, wire.answer.data(), at);
    wire.answer.erase(0, at);
    return passed;
}

void FaultyLink::run() {
    std::list<Wire> wires;
    const auto cut = [](const Wire& wire) {
        ::close(wire.client);
        ::close(wire.server);
    };
    for (;;) {
        std::vector<pollfd> waits{{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
        for (const auto& wire : wires) {
            waits.push_back({wire.client, POLLIN, 0});
            waits.push_back({wire.server, POLLIN, 0});
        }
        if (::poll(waits.data(), waits.size(), -1) < 0) continue;
        if (waits[0].revents != 0) break;
        std::size_t place = 2;
        for (auto wire = wires.begin(); wire != wires.end(); place += 2) {
            bool whole = true;
            if (waits[place].revents != 0) whole = forward(*wire);
            if (whole && waits[place + 1].revents != 0) whole = backward(*wire);
            if (!whole) cut(*wire);
            wire = whole ? std::next(wire) : wires.erase(wire);
        }
        if (waits[1].revents != 0) {
            Wire wire;
            wire.client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            wire.server = open_socket();
            const auto address = address_in(server_);
            if (wire.client < 0 ||
                ::connect(wire.server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
                cut(wire);
            else
                wires.push_back(wire);
        }
    }
    for (const auto& wire : wires) cut(wire);
}

}  // namespace simulators
