// A pool of one shard against whatever two V2 clients send once their handshakes are done. No crash; each
// frame we write is a message of a server's, with its channel bit; a share is credited only when its hash
// meets the target credited, and one header once; each refused share is answered, each accepted one told
// within the flush delay; a block is told whenever there is one; what we keep and what waits to be sent is
// bounded. The input is a program: a byte that says what happens, then what it needs; see play().

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "stratum/merkle.h"
#include "stratum/v2/messages_common.h"
#include "stratum/v2/messages_mining.h"
#include "stratum/v2/session.h"
#include "stratum/v2/tlv.h"
#include "tests/unit/stratum/pool_world.h"

namespace {

using namespace stratum;
using namespace stratum::v2;
using stratum::testing::make_template;
using stratum::testing::test_address;

void require(bool condition) {
    if (!condition) std::abort();
}

// The program, front to back; zeros behind its end.
class Input {
  public:
    explicit Input(ByteView bytes) : left_(bytes) {}
    [[nodiscard]] bool empty() const { return left_.empty(); }
    std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u32() { return number(4); }
    ByteView bytes(std::size_t count) {
        const auto out = left_.first(std::min(count, left_.size()));
        left_ = left_.subspan(out.size());
        return out;
    }

  private:
    std::uint32_t number(std::size_t size) {
        std::uint8_t raw[4]{};
        const auto taken = bytes(size);
        std::copy(taken.begin(), taken.end(), raw);
        return load_le32(raw);
    }
    ByteView left_;
};

TransportKeys keys_of(std::uint8_t receive, std::uint8_t send) {
    TransportKeys out;
    out.receive.fill(receive);
    out.send.fill(send);
    return out;
}

// One client and its session, with what was heard.
struct Line {
    std::unique_ptr<v2::Session> session;
    Transport transport{keys_of(2, 1)};
    std::uint32_t job = 0, version = 0;               // heard last
    std::map<std::uint32_t, bool> channels;           // standard ones are true
    std::map<std::uint32_t, std::uint64_t> accepted;  // by channel: verdicts
    std::map<std::uint32_t, std::uint64_t> told;      // by channel: in successes
    std::uint64_t refused = 0, errors = 0;            // verdicts, answers
    std::uint32_t sequence = 0;
};

class Run {
  public:
    Run() : world_(7, 4096) {
        settings_.mining.difficulty_start = *Difficulty::fraction(32);
        settings_.mining.difficulty_min = *Difficulty::fraction(32);
        settings_.mining.difficulty_capped_by_network = false;
        settings_.mining.channels_max = 64;
        world_.on_verdict = [this](const PendingShare& share, const Hash256& hash, const Verdict& verdict) {
            check(share, hash, verdict);
        };
        announce(tip_);
        for (auto& line : lines_) connect(line);
    }

    void play(ByteView bytes) {
        for (Input input(bytes); !input.empty();) {
            step(input);
            read_output();
        }
        finish();
    }

  private:
    static constexpr std::uint32_t nbits = 0x207fffff;  // every second hash is a block

    void step(Input& input) {
        auto& line = lines_[speaker_];
        switch (input.u8()) {
            case 0:
                piece_ = input.u8();
                return;
            case 1:
                return frame(input);
            case 2:
                return odd_frame(input);
            case 3:
                return announce(tip_);
            case 4:
                return announce(++tip_);
            case 5:
                return pass(std::chrono::seconds(10));
            case 6:
                return pass(std::chrono::seconds(1));
            case 7:
                return reconnect(line);
            case 8:
                speaker_ = 1 - speaker_;
                return;
            case 9:
                return raw(input);
            case 10:
                return set_up(input.u8());
            case 11:
                return open(input.u8());
            case 12:
                return share(input);
            case 13:
                return settle();
            default:
                return;
        }
    }

    // -- what happens

    void connect(Line& line) {
        line = {};
        line.session = std::make_unique<v2::Session>(settings_, world_, keys_of(1, 2), world_.now);
    }
    void reconnect(Line& line) {
        settle();
        read_output();
        for (auto& ended : line.session->take_channels()) world_.end_channel(std::move(ended), world_.now);
        connect(line);
    }
    void announce(std::uint8_t tip) {
        if (templates_ >= 200) return;
        settle();
        world_.on_template(make_template(++templates_, tip, nbits, 1));
        for (auto& line : lines_)
            if (line.session) line.session->on_job(world_.now);
    }
    void pass(std::chrono::seconds time) {
        settle();
        world_.now += time;
        for (auto& line : lines_) {
            line.session->on_timer(world_.now);
            line.session->flush(world_.now);
        }
    }
    void settle() {
        world_.settle();
        read_output();
        for (const auto& line : lines_) require(line.errors == line.refused);
    }

    // -- what a client says

    void deliver(std::string_view wire) {
        auto& session = *lines_[speaker_].session;
        const std::size_t piece = piece_ == 0 ? wire.size() : piece_;
        for (; !wire.empty(); wire.remove_prefix(std::min(piece, wire.size())))
            world_.deliver(session, wire.substr(0, piece));
    }
    void say(const FrameHeader& header, ByteView payload) {
        std::string wire;
        lines_[speaker_].transport.write(header, payload, wire);
        deliver(wire);
    }
    template <Message M>
    void say(const M& message) {
        std::string payload;
        append(message, payload);
        say(header_of<M>(payload.size()), view_of(payload));
    }
    // Type, length, payload.
    void frame(Input& input) {
        const auto type = input.u8();
        const auto size = input.u8();
        say({0, type >= 0x15, type, 0}, input.bytes(size));
    }
    // Extension, channel bit, type, length in two bytes, payload.
    void odd_frame(Input& input) {
        FrameHeader header;
        header.extension = input.u16() & extension_max;
        const auto bits = input.u8();
        header.channel_message = (bits & 1) != 0;
        header.type = input.u8();
        const auto size = input.u16();
        say(header, input.bytes(size));
    }
    void raw(Input& input) {
        const auto bytes = input.bytes(input.u8());
        deliver({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }
    void set_up(std::uint8_t bits) {
        SetupConnection message;
        message.min_version = message.max_version = protocol_version;
        message.flags = bits & 7;
        say(message);
        if ((bits & 8) != 0) say(RequestExtensions{1, {extension_worker_identity}});
    }
    void open(std::uint8_t bits) {
        static const std::string identity = std::string(test_address) + ".w";
        const auto most = (bits & 2) != 0 ? Difficulty::fraction(30)->target() : Uint256::max();
        const float rate = (bits & 4) != 0 ? 20.0f : 0.0f;
        if ((bits & 1) != 0)
            say(OpenStandardMiningChannel{1, identity, rate, most});
        else
            say(OpenExtendedMiningChannel{1, identity, rate, most, 4});
    }
    // Channel, how many jobs ago, nonce, version bits, length of a worker's name: a share that fits the
    // newest job heard.
    void share(Input& input) {
        auto& line = lines_[speaker_];
        const std::uint32_t channel = input.u8();
        const auto job = line.job - input.u8();
        const auto nonce = input.u16();
        const auto version = line.version | input.u32();
        const auto name = std::string(input.u8() & 63, 'n');
        const std::uint32_t ntime = 1'700'000'000;
        const auto known = line.channels.find(channel);
        if (known != line.channels.end() && known->second)
            return say(SubmitSharesStandard{channel, ++line.sequence, job, nonce, ntime, version});
        std::string area;
        if (!name.empty())
            append_tlv(area, {extension_worker_identity, worker_identity_field, view_of(name)});
        const Bytes rest(16, static_cast<std::uint8_t>(nonce >> 8));
        say(SubmitSharesExtended{channel, ++line.sequence, job, nonce, ntime, version, rest, view_of(area)});
    }

    // -- what is checked

    // True when the frame is an M, which then must be a good one.
    template <Message M, class OnMessage>
    bool hear(const FrameHeader& header, ByteView payload, const OnMessage& on_message) {
        if (!is<M>(header)) return false;
        require(header.channel_message == M::channel_message);
        M message;
        require(parse(payload, message).has_value());
        std::string again;
        append(message, again);
        require(std::ranges::equal(view_of(again), payload));
        on_message(message);
        return true;
    }
    template <Message... M>
    bool hear_any(const FrameHeader& header, ByteView payload) {
        return (hear<M>(header, payload, [](const M&) {}) || ...);
    }
    void hear_frame(Line& line, const FrameHeader& header, ByteView payload) {
        const auto on_job = [&line](const auto& job) {
            line.job = job.job_id;
            line.version = job.version;
        };
        const auto on_opened = [&line](const auto& opened) {
            using M = std::decay_t<decltype(opened)>;
            require(
                line.channels.emplace(opened.channel_id, std::is_same_v<M, OpenStandardMiningChannelSuccess>)
                    .second);
        };
        const bool known =
            hear<NewMiningJob>(header, payload, on_job) ||
            hear<NewExtendedMiningJob>(header, payload, on_job) ||
            hear<OpenStandardMiningChannelSuccess>(header, payload, on_opened) ||
            hear<OpenExtendedMiningChannelSuccess>(header, payload, on_opened) ||
            hear<SubmitSharesSuccess>(header, payload,
                                      [&](const auto& success) {
                                          require(success.new_submits_accepted_count > 0);
                                          line.told[success.channel_id] += success.new_submits_accepted_count;
                                      }) ||
            hear<SubmitSharesError>(header, payload, [&](const auto&) { ++line.errors; }) ||
            hear_any<SetupConnectionSuccess, SetupConnectionError, RequestExtensionsSuccess,
                     RequestExtensionsError, OpenMiningChannelError, UpdateChannelError, SetNewPrevHash,
                     SetTarget, SetCustomMiningJobSuccess, SetCustomMiningJobError>(header, payload);
        require(known);
    }
    void read_output() {
        for (auto& line : lines_) {
            if (!line.session) continue;
            require(line.session->output().size() <= line.session->output_allowed() + 64 * 1024);
            const auto kept = line.session->kept();
            require(kept.channels <= settings_.mining.channels_max);
            require(kept.jobs <= (templates_kept_max + 1) * job_variants_max);
            require(kept.due <= line.session->accepted());
            const auto wire = std::exchange(line.session->output(), {});
            auto left = view_of(wire);
            while (line.transport.read(left, payload_bytes_max) == Read::frame)
                hear_frame(line, line.transport.header(), line.transport.payload());
            require(left.empty());
            for (const auto& [channel, count] : line.told) require(count <= line.accepted[channel]);
        }
    }
    void check(const PendingShare& share, const Hash256& hash, const Verdict& verdict) {
        auto& line = lines_[share.session == lines_[0].session.get() ? 0 : 1];
        require(share.session == line.session.get());
        if (verdict.reject) ++line.refused;
        const auto& input = share.examined.input;
        if (input.job == nullptr) return require(verdict.reject && !verdict.block);
        const auto coinbase = coinbase_of(input);
        const auto header =
            header_of(input, merkle_root_from_branches(sha256d(coinbase), input.job->work().merkle_branches));
        require(sha256d(header) == hash);
        require(verdict.block == meets(hash, input.job->work().network_target));
        if (verdict.reject) return;
        ++line.accepted[share.channel];
        require(meets(hash, verdict.credited_target));
        require(share.worker != 0);
        require(input.job->work().previous == world_.jobs().newest()->previous);
        require(credited_.insert(header).second);
    }
    void finish() {
        pass(settings_.mining.success_delay.count() / 1000 * std::chrono::seconds(1) +
             std::chrono::seconds(1));
        read_output();
        for (auto& line : lines_) {
            require(!line.session->flush_at());
            for (const auto& [id, count] : line.accepted) {
                PendingShare share;
                share.channel = id;
                if (line.session->channel_of(share) != nullptr) require(line.told[id] == count);
            }
        }
    }

    SessionSettings settings_;
    stratum::testing::PoolWorld world_;
    Line lines_[2];
    std::size_t speaker_ = 0;
    std::size_t piece_ = 0;  // bytes a read brings; 0: all
    std::uint64_t templates_ = 0;
    std::uint8_t tip_ = 1;
    std::set<std::array<std::uint8_t, 80>> credited_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 8 * 1024) return 0;
    Run().play({data, size});
    return 0;
}
