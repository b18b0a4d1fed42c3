#include "tests/simulators/template_provider.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <stdexcept>

#include "server/random_bytes.h"
#include "stratum/coinbase.h"
#include "stratum/merkle.h"
#include "stratum/sha256.h"
#include "stratum/v2/ellswift.h"
#include "stratum/v2/messages_common.h"
#include "stratum/v2/noise.h"
#include "stratum/v2/transport.h"
#include "tests/simulators/loopback.h"

namespace simulators {

using namespace stratum::v2;
using stratum::Bytes;
using stratum::ByteView;
using stratum::Hash256;

namespace {

constexpr std::size_t frame_bytes_max = 1 << 17;
constexpr std::size_t templates_max = 64;
constexpr int look_ms = 5;  // how soon it sees that the chain moved

std::uint32_t unix_now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

void append_output(Bytes& out, const Bytes& script) {
    stratum::ByteWriter writer(out);
    writer.le64(0);
    writer.compact_size(script.size());
    writer.bytes(script);
}

}  // namespace

struct TemplateProvider::Connection {
    explicit Connection(int descriptor) : socket(descriptor) {}
    ~Connection() { ::close(socket); }

    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }
    template <Message M>
    void send(const M& message, std::size_t cut = 0) {
        std::string payload;
        append(message, payload);
        payload.resize(payload.size() - cut);
        send_payload(header_of<M>(payload.size()), payload);
    }
    void send_payload(const FrameHeader& header, std::string_view payload) {
        std::string out;
        transport->write(header, stratum::view_of(payload), out);
        send(out);
    }

    int socket;
    std::optional<Transport> transport;
    bool constraints_known = false;
    std::uint64_t refreshes_seen = 0;
    std::optional<Hash256> tip;
};

TemplateProvider::TemplateProvider(FakeNode& node)
    : node_(node),
      authority_(SecretKey::make(server::fill_random)),
      stranger_(SecretKey::make(server::fill_random)) {}

TemplateProvider::~TemplateProvider() { stop(); }

void TemplateProvider::start() {
    listener_ = listen_on_loopback(port_, "the template provider");
    stopping_ = false;
    acceptor_ = std::thread([this] { accept(); });
}

void TemplateProvider::stop() {
    if (!acceptor_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (const auto& connection : connections_) ::shutdown(connection->socket, SHUT_RDWR);
    }
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    connections_.clear();
}

std::string TemplateProvider::address() const { return "127.0.0.1:" + std::to_string(port_); }

TemplateProvider::Fault TemplateProvider::fault() {
    const std::lock_guard lock(mutex_);
    return fault_;
}

void TemplateProvider::turn_to(Fault fault) {
    const std::lock_guard lock(mutex_);
    fault_ = fault;
}

void TemplateProvider::set_fault(Fault fault) {
    const std::lock_guard lock(mutex_);
    fault_ = fault;
    for (const auto& connection : connections_) ::shutdown(connection->socket, SHUT_RDWR);
    connections_.clear();
}

void TemplateProvider::refresh() {
    const std::lock_guard lock(mutex_);
    ++refreshes_;
}

std::vector<TemplateProvider::Solution> TemplateProvider::solutions() {
    const std::lock_guard lock(mutex_);
    return solutions_;
}

std::size_t TemplateProvider::handshakes() {
    const std::lock_guard lock(mutex_);
    return handshakes_;
}

CoinbaseOutputConstraints TemplateProvider::constraints() {
    const std::lock_guard lock(mutex_);
    return constraints_;
}

void TemplateProvider::accept() {
    while (true) {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) return;
        auto connection = std::make_shared<Connection>(socket);
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        connections_.push_back(connection);
        threads_.emplace_back([this, connection] { serve(connection); });
    }
}

void TemplateProvider::serve(std::shared_ptr<Connection> connection) {
    bool well = shake_hands(*connection);
    while (well) {
        pollfd wait{connection->socket, POLLIN, 0};
        well = ::poll(&wait, 1, look_ms) >= 0 && (wait.revents == 0 || take_frames(*connection));
        if (well && connection->constraints_known) push_news(*connection);
    }
    ::shutdown(connection->socket, SHUT_RDWR);
}

bool TemplateProvider::shake_hands(Connection& connection) {
    Act1 act1;
    for (std::size_t have = 0; have < act1.size();) {
        const auto count = ::recv(connection.socket, act1.data() + have, act1.size() - have, 0);
        if (count <= 0) return false;
        have += static_cast<std::size_t>(count);
    }
    const auto fault = this->fault();
    if (fault == Fault::mute_handshake) {
        char nothing = 0;
        ::recv(connection.socket, &nothing, 1, 0);  // until the other side has enough
        return false;
    }
    const auto key = make_key_pair(server::fill_random);
    const auto now = unix_now();
    const auto& signer = fault == Fault::wrong_authority ? stranger_ : authority_;
    const Validity validity{now - 3600, fault == Fault::expired ? now - 60 : now + 3600};
    const auto certificate = sign_certificate(signer, key.secret.public_key(), validity, {});
    auto response = respond(act1, make_key_pair(server::fill_random), key, certificate);
    if (fault == Fault::garbage_handshake) response.act2.fill(7);
    connection.send({reinterpret_cast<const char*>(response.act2.data()), response.act2.size()});
    connection.transport.emplace(response.keys);
    const std::lock_guard lock(mutex_);
    ++handshakes_;
    return true;
}

bool TemplateProvider::take_frames(Connection& connection) {
    std::array<std::uint8_t, 65536> part;
    const auto count = ::recv(connection.socket, part.data(), part.size(), 0);
    if (count <= 0) return false;
    ByteView wire{part.data(), static_cast<std::size_t>(count)};
    while (true) {
        const auto read = connection.transport->read(wire, frame_bytes_max);
        if (read == Read::incomplete) return true;
        if (read != Read::frame || !take(connection)) return false;
    }
}

bool TemplateProvider::take(Connection& connection) {
    const auto& header = connection.transport->header();
    const auto payload = connection.transport->payload();
    if (is<SetupConnection>(header)) {
        SetupConnection setup;
        if (parse(payload, setup).has_error() || setup.protocol != 2 || setup.min_version > 2) return false;
        set_up(connection);
    } else if (is<CoinbaseOutputConstraints>(header)) {
        const std::lock_guard lock(mutex_);
        if (parse(payload, constraints_).has_error()) return false;
        connection.constraints_known = true;
    } else if (is<RequestTransactionData>(header)) {
        RequestTransactionData request;
        if (parse(payload, request).has_error()) return false;
        answer_transactions(connection, request.template_id);
    } else if (is<SubmitSolution>(header)) {
        SubmitSolution solution;
        if (parse(payload, solution).has_error()) return false;
        take_solution(solution);
    }
    return true;
}

void TemplateProvider::set_up(Connection& connection) {
    if (fault() == Fault::refuse_setup)
        return connection.send(SetupConnectionError{0, "unsupported-protocol"});
    connection.send(SetupConnectionSuccess{2, 0});
}

void TemplateProvider::push_news(Connection& connection) {
    Hash256 tip;
    const auto fault = this->fault();
    if (fault == Fault::mute) return;
    node_.with_chain([&](auto& chain) { tip = chain.tip(); });
    std::uint64_t refreshes = 0;
    {
        const std::lock_guard lock(mutex_);
        refreshes = refreshes_;
    }
    const bool moved = connection.tip != tip && (!connection.tip || fault != Fault::old_tip);
    if (!moved && refreshes == connection.refreshes_seen) return;
    connection.refreshes_seen = refreshes;
    connection.tip = tip;
    if (fault == Fault::bad_tag) {
        connection.send(std::string(64, 'x'));
    } else if (fault == Fault::huge_frame) {
        connection.send_payload(header_of<NewTemplate>(0), std::string(8 << 20, 'x'));
    } else {
        offer(connection, moved);
    }
}

void TemplateProvider::offer(Connection& connection, bool future) {
    server::node::NodeTemplate offered;
    node_.with_chain([&](auto& chain) { offered = chain.make_template(unix_now()); });
    const auto fault = this->fault();
    auto work = offered.work;
    std::uint64_t template_id = 0;
    {
        const std::lock_guard lock(mutex_);
        template_id = ++template_id_;
        if (templates_.size() >= templates_max) templates_.erase(templates_.begin());
        templates_[template_id] = offered;
    }
    if (fault == Fault::wrong_merkle_path) work.merkle_branches.front().bytes[5] ^= 1;
    if (fault == Fault::wrong_commitment) work.witness_commitment.back() ^= 1;
    auto prefix = stratum::height_push(work.height + (fault == Fault::wrong_height ? 1 : 0));
    prefix.push_back(0);  // as Bitcoin Core does
    Bytes outputs;
    append_output(outputs, work.witness_commitment);
    if (fault == Fault::extra_output) append_output(outputs, {0x6a, 0x01, 0x07});

    NewTemplate message;
    message.template_id = template_id;
    message.future_template = future;
    message.version = work.version;
    message.coinbase_tx_version = 2;
    message.coinbase_prefix = prefix;
    message.coinbase_tx_input_sequence = 0xfffffffe;
    message.coinbase_tx_value_remaining =
        fault == Fault::too_little_value ? 1000 : static_cast<std::uint64_t>(work.coinbase_value_sats);
    message.coinbase_tx_outputs_count = fault == Fault::extra_output ? 2 : 1;
    message.coinbase_tx_outputs = outputs;
    message.coinbase_tx_locktime = work.height - 1;
    message.merkle_path = work.merkle_branches;
    connection.send(message, fault == Fault::cut_message ? 3 : 0);
    if (!future) return;
    auto target = work.network_target;
    if (fault == Fault::wrong_target) target = target >> 1;
    connection.send(
        SetNewTemplatePrevHash{fault == Fault::unknown_template ? template_id + 1000 : template_id,
                               work.previous, work.time, work.nbits, target});
}

void TemplateProvider::answer_transactions(Connection& connection, std::uint64_t template_id) {
    const auto fault = this->fault();
    if (fault == Fault::late_transactions) return;
    if (fault == Fault::no_transactions)
        return connection.send(RequestTransactionDataError{template_id, "template-id-not-found"});
    server::node::NodeTemplate offered;
    {
        const std::lock_guard lock(mutex_);
        offered = templates_[template_id];
    }
    RequestTransactionDataSuccess answer;
    const Bytes excess(32);
    answer.template_id = template_id;
    answer.excess_data = excess;
    for (const auto& tx : offered.work.transactions) answer.transaction_list.emplace_back(tx.data);
    if (fault == Fault::missing_transaction) answer.transaction_list.pop_back();
    if (fault == Fault::broken_transaction)
        answer.transaction_list.front() = answer.transaction_list.front().first(20);
    connection.send(answer);
}

void TemplateProvider::take_solution(const SubmitSolution& message) {
    Solution solution;
    solution.template_id = message.template_id;
    const std::lock_guard lock(mutex_);
    const auto found = templates_.find(message.template_id);
    Bytes scratch;
    const auto coinbase = server::node::hash_transaction(message.coinbase_tx, scratch);
    if (found == templates_.end() || !coinbase) {
        solution.verdict = "unknown template or no coinbase";
        solutions_.push_back(solution);
        return;
    }
    const auto& work = found->second.work;
    server::node::BlockHeader header;
    header.version = message.version;
    header.previous = work.previous;
    header.merkle_root = stratum::merkle_root_from_branches(coinbase->txid, work.merkle_branches);
    header.time = message.header_timestamp;
    header.nbits = work.nbits;
    header.nonce = message.header_nonce;
    const auto raw = server::node::serialise(header);
    Bytes block(raw.begin(), raw.end());
    stratum::ByteWriter writer(block);
    writer.compact_size(1 + work.transactions.size());
    writer.bytes(message.coinbase_tx);
    for (const auto& tx : work.transactions) writer.bytes(tx.data);
    solution.hash = stratum::sha256d(raw);
    node_.with_chain([&](auto& chain) { solution.verdict = chain.submit(block, unix_now()); });
    solutions_.push_back(solution);
}

}  // namespace simulators
