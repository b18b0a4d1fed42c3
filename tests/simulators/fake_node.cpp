#include "tests/simulators/fake_node.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

#include <fmt/format.h>

#include "stratum/coinbase.h"
#include "stratum/merkle.h"
#include "stratum/sha256.h"
#include "tests/simulators/loopback.h"

namespace simulators {

using namespace server::node;
using stratum::Bytes;
using stratum::Hash256;

struct FakeNode::Connection {
    int socket = -1;
    std::string received;
    ~Connection() {
        if (socket >= 0) ::close(socket);
    }
    // One HTTP request's body; nullopt when the peer is gone. `began` is when its first byte was there.
    std::optional<std::string> read_request(std::chrono::steady_clock::time_point& began);
    bool send(std::string_view text);
    bool fill();
};

namespace {

constexpr std::uint32_t time_limit_s = 20;

std::uint32_t unix_now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

std::string text_after(const std::string& body, const std::string& mark) {
    const auto at = body.find(mark);
    if (at == std::string::npos) return {};
    const auto start = at + mark.size();
    return body.substr(start, body.find('"', start) - start);
}

std::string error_body(int code, const std::string& message) {
    return fmt::format(R"({{"result":null,"error":{{"code":{},"message":"{}"}},"id":1}})", code, message);
}

std::string http(const std::string& body, const char* status = "200 OK") {
    return fmt::format("HTTP/1.1 {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                       status, body.size(), body);
}

std::string json_of(const NodeTemplate& offered) {
    const auto& work = offered.work;
    std::string list;
    for (const auto& tx : work.transactions)
        list += fmt::format(
            R"({}{{"data":"{}","txid":"{}","hash":"{}","depends":[],"fee":{},"sigops":{},"weight":{}}})",
            list.empty() ? "" : ",", stratum::to_hex(tx.data), stratum::displayed(tx.txid),
            stratum::displayed(tx.wtxid), tx.fee_sats, tx.sigops, tx.weight);
    std::string bits;
    stratum::append_hex_u32(bits, work.nbits);
    return fmt::format(R"({{"version":{},"rules":["csv","!segwit"],"vbrequired":0,"previousblockhash":"{}",)"
                       R"("transactions":[{}],)"
                       R"("coinbaseaux":{{}},"coinbasevalue":{},"longpollid":"{}",)"
                       R"("mintime":{},"curtime":{},"bits":"{}","height":{},)"
                       R"("sigoplimit":80000,"weightlimit":4000000,"default_witness_commitment":"{}"}})",
                       work.version, stratum::displayed(work.previous), list, work.coinbase_value_sats,
                       offered.longpollid, work.time_min, work.time, bits, work.height,
                       stratum::to_hex(work.witness_commitment));
}

}  // namespace

bool FakeNode::Connection::fill() {
    std::array<char, 65536> part;
    const auto count = ::recv(socket, part.data(), part.size(), 0);
    if (count <= 0) return false;
    received.append(part.data(), static_cast<std::size_t>(count));
    return true;
}

std::optional<std::string> FakeNode::Connection::read_request(std::chrono::steady_clock::time_point& began) {
    if (received.empty() && !fill()) return std::nullopt;
    began = std::chrono::steady_clock::now();
    std::size_t head = 0;
    while ((head = received.find("\r\n\r\n")) == std::string::npos)
        if (!fill()) return std::nullopt;
    const auto at = received.find("Content-Length: ");
    const auto length = std::stoul(received.substr(at + 16));
    while (received.size() < head + 4 + length)
        if (!fill()) return std::nullopt;
    auto body = received.substr(head + 4, length);
    received.erase(0, head + 4 + length);
    return body;
}

bool FakeNode::Connection::send(std::string_view text) {
    while (!text.empty()) {
        const auto count = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
        if (count <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

FakeNode::FakeNode(const std::filesystem::path& folder, std::uint32_t transactions)
    : chain_({folder, 0x207fffff, transactions}) {}

FakeNode::~FakeNode() {
    stop();
    if (zmq_socket_ != nullptr) zmq_close(zmq_socket_);
    if (zmq_context_ != nullptr) zmq_ctx_term(zmq_context_);
}

void FakeNode::start() {
    listener_ = listen_on_loopback(port_, "the fake node");
    stopping_ = false;
    acceptor_ = std::thread([this] { accept(); });
}

void FakeNode::stop() {
    if (!acceptor_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (const auto& connection : connections_) ::shutdown(connection->socket, SHUT_RDWR);
    }
    changed_.notify_all();
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    connections_.clear();
}

void FakeNode::publish_by_zmq() {
    zmq_context_ = zmq_ctx_new();
    zmq_socket_ = zmq_socket(zmq_context_, ZMQ_PUB);
    zmq_bind(zmq_socket_, "tcp://127.0.0.1:*");
    std::array<char, 128> url{};
    std::size_t size = url.size();
    zmq_getsockopt(zmq_socket_, ZMQ_LAST_ENDPOINT, url.data(), &size);
    zmq_url_ = url.data();
}

std::string FakeNode::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

void FakeNode::set_fault(Fault fault) {
    const std::lock_guard lock(mutex_);
    fault_ = fault;
    for (const auto& connection : connections_) ::shutdown(connection->socket, SHUT_RDWR);
    changed_.notify_all();
}

void FakeNode::twist(const std::string& method, std::function<std::string(std::string)> change) {
    const std::lock_guard lock(mutex_);
    twists_[method] = std::move(change);
}

void FakeNode::untwist(const std::string& method) {
    const std::lock_guard lock(mutex_);
    twists_.erase(method);
}

void FakeNode::hold(const std::string& method) {
    const std::lock_guard lock(mutex_);
    held_[method] = true;
}

void FakeNode::release(const std::string& method) {
    const std::lock_guard lock(mutex_);
    held_[method] = false;
    changed_.notify_all();
}

void FakeNode::lose_submit_replies(bool lose) {
    const std::lock_guard lock(mutex_);
    lose_submit_replies_ = lose;
}

void FakeNode::tip_changed() {
    changed_.notify_all();
    if (zmq_socket_ == nullptr) return;
    auto hash = chain_.tip().bytes;
    std::reverse(hash.begin(), hash.end());
    const std::uint32_t sequence = 0;
    zmq_send(zmq_socket_, "hashblock", 9, ZMQ_SNDMORE);
    zmq_send(zmq_socket_, hash.data(), hash.size(), ZMQ_SNDMORE);
    zmq_send(zmq_socket_, &sequence, sizeof sequence, 0);
}

Hash256 FakeNode::mine() {
    const std::lock_guard lock(mutex_);
    const auto work = chain_.make_template(unix_now()).work;
    const auto parts = stratum::make_coinbase(work, {{work.coinbase_value_sats, Bytes{0x6a}}}, "fake", 0, 4);
    Bytes coinbase = parts.prefix;
    coinbase.resize(coinbase.size() + 4);
    stratum::store_le32(coinbase.data() + coinbase.size() - 4, ++mined_);  // no two of its blocks are equal
    coinbase.insert(coinbase.end(), parts.suffix.begin(), parts.suffix.end());
    BlockHeader header;
    header.version = work.version;
    header.previous = work.previous;
    header.merkle_root = stratum::merkle_root_from_branches(stratum::sha256d(coinbase), work.merkle_branches);
    header.time = work.time;
    header.nbits = work.nbits;
    header.hash = stratum::sha256d(serialise(header));
    for (; !proves_work(header); header.hash = stratum::sha256d(serialise(header))) ++header.nonce;
    const auto reason = chain_.submit(stratum::assemble_block(work, serialise(header), coinbase), unix_now());
    if (!reason.empty()) throw std::runtime_error("the fake node's own block is refused: " + reason);
    tip_changed();
    return header.hash;
}

std::uint32_t FakeNode::height() {
    const std::lock_guard lock(mutex_);
    return chain_.info().height;
}

std::size_t FakeNode::calls(const std::string& method) {
    const std::lock_guard lock(mutex_);
    return calls_[method];
}

std::optional<std::chrono::steady_clock::time_point> FakeNode::submit_began() {
    const std::lock_guard lock(mutex_);
    return submit_began_;
}

void FakeNode::with_chain(const std::function<void(DevelopmentChain&)>& act) {
    const std::lock_guard lock(mutex_);
    act(chain_);
    tip_changed();
}

void FakeNode::accept() {
    while (true) {
        auto connection = std::make_shared<Connection>();
        connection->socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        if (connection->socket < 0) continue;
        connections_.push_back(connection);
        threads_.emplace_back([this, connection] { serve(connection); });
    }
}

void FakeNode::serve(std::shared_ptr<Connection> connection) {
    std::chrono::steady_clock::time_point began;
    while (const auto body = connection->read_request(began)) {
        if (body->find("\"submitblock\"") != std::string::npos) {
            const std::lock_guard lock(mutex_);
            submit_began_ = began;
        }
        if (!answer(*connection, *body)) break;
    }
    ::shutdown(connection->socket, SHUT_RDWR);
}

// False when the connection is to be closed.
bool FakeNode::answer(Connection& connection, const std::string& body) {
    const auto method = text_after(body, "\"method\":\"");
    std::unique_lock lock(mutex_);
    ++calls_[method];
    const auto fault = fault_;
    if (fault == Fault::hang_up) return false;
    if (fault == Fault::mute) {
        changed_.wait_for(lock, std::chrono::seconds(time_limit_s),
                          [&] { return stopping_ || fault_ != fault; });
        return false;
    }
    auto sound = result_of(method, body);
    if (sound.empty()) return false;
    if (method == "getblocktemplate" && body.find("longpollid") != std::string::npos) {
        const auto seen = text_after(body, "\"longpollid\":\"");
        changed_.wait_for(lock, std::chrono::seconds(time_limit_s), [&] {
            return stopping_ || fault_ != fault || stratum::displayed(chain_.tip()) != seen;
        });
        if (stopping_ || fault_ != fault) return false;
        sound = result_of(method, body);
    }
    changed_.wait_for(lock, std::chrono::seconds(time_limit_s), [&] { return stopping_ || !held_[method]; });
    if (held_[method]) return false;
    if (method == "submitblock" && lose_submit_replies_) return false;
    if (const auto change = twists_.find(method); change != twists_.end()) sound = change->second(sound);
    lock.unlock();
    const auto reply = fmt::format(R"({{"result":{},"error":null,"id":1}})", sound);
    switch (fault) {
        case Fault::garbage:
            return connection.send(http("<html>this is no JSON</html>"));
        case Fault::truncated:
            return connection.send(http(reply).substr(0, http(reply).size() - 7)) && false;
        case Fault::endless:
            return connection.send("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{");
        case Fault::unauthorized:
            return connection.send(http("", "401 Unauthorized"));
        case Fault::warming_up:
            return connection.send(
                http(error_body(-28, "Loading block index..."), "500 Internal Server Error"));
        default:
            break;
    }
    if (sound.starts_with("error:"))
        return connection.send(http(error_body(-5, sound.substr(6)), "500 Error"));
    return connection.send(http(reply));
}

std::string FakeNode::result_of(const std::string& method, const std::string& body) {
    if (method == "getblockchaininfo") {
        const auto info = chain_.info();
        return fmt::format(
            R"({{"chain":"regtest","blocks":{},"headers":{},"bestblockhash":"{}","chainwork":"{}",)"
            R"("initialblockdownload":false}})",
            info.height, info.height, stratum::displayed(info.tip), info.work.hex());
    }
    if (method == "getblockhash") return fmt::format("\"{}\"", stratum::displayed(*chain_.hash_at(0)));
    if (method == "getblockheader") return header_of(body);
    if (method == "getblocktemplate") return template_of(body);
    if (method != "submitblock") return "error:unknown method";
    const auto block = stratum::parse_hex(text_after(body, "\"params\":[\""));
    if (!block) return "error:Block decode failed";
    const auto reason = chain_.submit(*block, unix_now());
    if (reason.empty()) tip_changed();
    return reason.empty() ? "null" : fmt::format("\"{}\"", reason);
}

std::string FakeNode::template_of(const std::string& body) {
    if (body.find("\"proposal\"") == std::string::npos) return json_of(chain_.make_template(unix_now()));
    const auto block = stratum::parse_hex(text_after(body, "\"data\":\""));
    if (!block) return "error:Block decode failed";
    const auto reason = chain_.propose(*block, unix_now());
    return reason.empty() ? "null" : fmt::format("\"{}\"", reason);
}

std::string FakeNode::header_of(const std::string& body) {
    const auto hash = stratum::parse_displayed(text_after(body, "\"params\":[\""));
    const auto header = hash ? chain_.header(*hash) : std::nullopt;
    if (!header) return "error:Block not found";
    std::string bits;
    stratum::append_hex_u32(bits, header->nbits);
    return fmt::format(R"({{"hash":"{}","confirmations":{},"height":{},"version":{},"merkleroot":"{}",)"
                       R"("time":{},"mediantime":{},)"
                       R"("nonce":{},"bits":"{}","previousblockhash":"{}"}})",
                       stratum::displayed(header->hash), header->confirmations, header->height,
                       header->version, stratum::displayed(header->merkle_root), header->time,
                       header->median_time, header->nonce, bits, stratum::displayed(header->previous));
}

}  // namespace simulators
