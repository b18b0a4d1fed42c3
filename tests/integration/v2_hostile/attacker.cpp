#include "tests/integration/v2_hostile/attacker.h"

#include <unistd.h>

#include <ctime>

#include "tests/simulators/v2_keys.h"

namespace hostile {

namespace {

simulators::V2Options client_options(const Arena& arena, std::uint32_t flags, Attacker::Setup setup) {
    simulators::V2Options options;
    options.flags = flags;
    options.sets_up = setup == Attacker::Setup::by_client;
    options.authority = simulators::authority_of(arena.url);
    return options;
}

}  // namespace

void require(bool condition, const std::string& what) {
    if (!condition) throw Failed(what);
}

std::string fresh_address() {
    static std::uint64_t state = static_cast<std::uint64_t>(::getpid()) << 20;
    state = state * 6364136223846793005U + 1442695040888963407U;
    const auto part = [](unsigned shift, std::uint64_t below) {
        return std::to_string(1 + (state >> shift) % below);
    };
    return "127." + part(16, 250) + "." + part(32, 250) + "." + part(48, 250);
}

Attacker::Attacker(const Arena& arena, std::uint32_t flags, Setup setup)
    : user_(arena.user),
      client_(client_options(arena, flags, setup), v2::make_key_pair(simulators::system_random), *this) {
    require(socket_.open(arena.url, fresh_address()), "the pool cannot be reached");
}

bool Attacker::talk(const std::function<bool()>& reached, std::chrono::milliseconds limit) {
    const auto until = Clock::now() + limit;
    while (!reached()) {
        if (!socket_.is_open() || Clock::now() >= until) return false;
        socket_.write(std::exchange(client_.output(), {}), 5s);
        const std::string bytes = socket_.read_some(10ms);
        client_.receive(stratum::view_of(bytes), static_cast<std::uint32_t>(std::time(nullptr)));
    }
    return true;
}

void Attacker::shake_hands() {
    require(talk([this] { return client_.state() != V2Client::State::handshake; }), "no act 2 came");
    require(client_.state() == V2Client::State::setup, "act 2: " + client_.trouble());
}

void Attacker::set_up() {
    require(talk([this] { return client_.state() == V2Client::State::ready; }),
            "the connection was not set up: " + client_.trouble());
}

V2Channel& Attacker::open(ChannelKind kind) { return open(wish(kind)); }

V2Channel& Attacker::open(simulators::V2Open wish) {
    if (client_.state() != V2Client::State::ready) set_up();
    const std::size_t before = client_.channels().size();
    client_.open(std::move(wish));
    require(talk([&] {
                return client_.channels().size() > before && client_.channels().rbegin()->second.is_open();
            }),
            "a channel was not opened");
    return client_.channels().rbegin()->second;
}

std::string Attacker::open_refused(simulators::V2Open wish) {
    if (client_.state() != V2Client::State::ready) set_up();
    const std::uint32_t request = client_.open(std::move(wish));
    require(talk([&] { return refusals_.contains(request); }), "a wrong channel was not refused");
    return refusals_[request];
}

simulators::FoundShare Attacker::share(V2Channel& channel) {
    simulators::ShareMaker maker(channel.work(), channel.seat(), simulators::BlockWish::avoid, seed_++);
    const auto share = maker.next(1 << 22);
    require(share.has_value(), "the channel is too hard for a test");
    return *share;
}

std::string Attacker::verdict(std::uint32_t sequence) {
    require(talk([&] { return verdicts_.contains(sequence); }), "a share was not answered");
    return verdicts_[sequence];
}

std::string Attacker::submit(V2Channel& channel, const simulators::FoundShare& share,
                             std::optional<std::uint32_t> job) {
    client_.submit(channel, {.job_id = job.value_or(channel.job()->id), .sequence_number = ++sequence_},
                   share);
    return verdict(sequence_);
}

const Frame* Attacker::find(std::uint16_t extension, std::uint8_t type) const {
    for (const Frame& frame : frames_)
        if (frame.header.extension == extension && frame.header.type == type) return &frame;
    return nullptr;
}

void Attacker::require_end(std::chrono::milliseconds limit, const std::string& what) {
    talk([] { return false; }, limit);
    require(!socket_.is_open(), what);
}

void Attacker::require_clean() {
    for (const auto& text : client_.violations().texts()) throw Failed("the pool breaks a rule: " + text);
}

void require_service(const Arena& arena) {
    const auto started = Clock::now();
    Attacker honest(arena);
    V2Channel& channel = honest.open();
    for (std::uint32_t i = 0; i < 10; ++i)  // as many as one answer tells
        honest.client().submit(channel, {.job_id = channel.job()->id, .sequence_number = i},
                               honest.share(channel));
    require(honest.talk([&] { return channel.waiting() == 0; }), "an honest miner's shares are not answered");
    require(honest.at_hand<v2::SubmitSharesError>() == nullptr, "an honest miner's share is refused");
    honest.require_clean();
    require(Clock::now() - started < soon, "an honest miner waits too long");
}

}  // namespace hostile
