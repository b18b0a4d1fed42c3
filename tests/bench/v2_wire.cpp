// Stratum V2 on a connection of the load generator: the strict client, which ends the connection when the
// server breaks a rule. Ephemeral keys are used again and again: making one costs more than a share, and
// there is nothing to keep secret on the loopback interface.

#include <ctime>
#include <unordered_map>

#include "tests/bench/wire.h"
#include "tests/simulators/v2_client.h"
#include "tests/simulators/v2_keys.h"

namespace bench {

namespace {

namespace v2 = stratum::v2;
using simulators::ChannelKind;
using simulators::V2Channel;
using simulators::V2Client;

constexpr std::size_t key_pairs = 32;

const v2::KeyPair& next_key() {
    static const auto keys = [] {
        std::vector<v2::KeyPair> made;
        for (std::size_t i = 0; i < key_pairs; ++i)
            made.push_back(v2::make_key_pair(simulators::system_random));
        return made;
    }();
    static std::size_t turn = 0;
    return keys[turn++ % key_pairs];
}

simulators::V2Options client_options(const WireOptions& options, const std::string& worker) {
    simulators::V2Options client;
    client.flags = options.version_rolling ? v2::mining_requires_version_rolling : 0;
    if (options.standard_jobs) client.flags |= v2::mining_requires_standard_jobs;
    client.vendor = options.agent;
    const simulators::V2Open open{
        .kind = options.channel, .user = worker, .nominal_hash_rate = options.hash_rate};
    client.channels.assign(options.channels, open);
    return client;
}

class V2Wire final : public Wire, private simulators::V2Events {
  public:
    V2Wire(const WireOptions& options, const std::string& worker, WireEvents& events)
        : channels_wanted_(options.channels),
          rolls_version_(options.version_rolling),
          events_(events),
          client_(client_options(options, worker), next_key(), *this) {}

    void begin(std::string& out) override { flush(out); }

    void receive(std::string_view bytes, std::int64_t received_at_ns, std::string& out) override {
        received_at_ns_ = received_at_ns;
        client_.receive(stratum::view_of(bytes), static_cast<std::uint32_t>(std::time(nullptr)));
        if (!client_.violations().empty()) return events_.on_failed(client_.violations().texts().front());
        if (client_.state() == V2Client::State::failed) return events_.on_failed(client_.trouble());
        if (!refusal_.empty()) return events_.on_failed(refusal_);
        flush(out);
    }

    [[nodiscard]] std::optional<Minable> minable(std::size_t channel) const override {
        const V2Channel& source = *channels_.at(channel);
        if (source.job() == nullptr) return std::nullopt;
        Minable minable{
            .work = source.work(), .seat = source.seat(), .job_id = std::to_string(source.job()->id)};
        if (!rolls_version_) minable.seat.version_mask = 0;
        return minable;
    }

    // The payload; its frame is sealed when it is sent.
    [[nodiscard]] std::string prepare(std::size_t channel, const Minable& minable, std::uint64_t id,
                                      const simulators::FoundShare& share) const override {
        std::string payload;
        v2::SubmitSharesStandard head{.channel_id = channels_.at(channel)->id(),
                                      .sequence_number = static_cast<std::uint32_t>(id),
                                      .job_id = static_cast<std::uint32_t>(std::stoul(minable.job_id)),
                                      .nonce = share.nonce,
                                      .ntime = share.ntime,
                                      .version = share.version};
        v2::append(head, payload);
        // SubmitSharesExtended begins with the same fields.
        if (channels_.at(channel)->open().kind == ChannelKind::extended)
            v2::Writer(payload).b0_32(share.rest);
        return payload;
    }

    void submit(std::string_view prepared, std::string& out) override {
        const auto* bytes = stratum::view_of(prepared).data();
        V2Channel* channel = client_.channel(stratum::load_le32(bytes));
        if (channel == nullptr) return;
        channel->note_submitted(stratum::load_le32(bytes + 4));
        client_.send_frame(channel->open().kind == ChannelKind::extended
                               ? v2::header_of<v2::SubmitSharesExtended>(prepared.size())
                               : v2::header_of<v2::SubmitSharesStandard>(prepared.size()),
                           prepared);
        flush(out);
    }

  private:
    void on_channel(V2Channel& channel) override {
        index_.emplace(channel.id(), channels_.size());
        channels_.push_back(&channel);
        has_work_.push_back(false);
    }
    void on_work(V2Channel& channel) override {
        const std::size_t index = index_.at(channel.id());
        if (!has_work_[index]) {
            has_work_[index] = true;
            if (++channels_working_ == channels_wanted_) events_.on_ready();
            return;
        }
        if (channels_working_ < channels_wanted_) return;
        events_.on_work({.channel = index,
                         .previous = channel.tip().previous,
                         .branches = !channel.job()->work.branches.empty(),
                         .received_at_ns = received_at_ns_});
    }
    void on_accepted(V2Channel&, std::uint32_t number) override { events_.on_answer(number, true, {}); }
    void on_rejected(std::uint32_t, std::uint32_t number, std::string_view code) override {
        events_.on_answer(number, false, code);
    }
    void on_open_refused(std::uint32_t, std::string_view code) override {
        refusal_ = "a channel was refused: " + std::string(code);
    }
    void on_channel_closed(std::uint32_t, std::string_view reason) override {
        refusal_ = "a channel was closed: " + std::string(reason);
    }

    void flush(std::string& out) {
        out += client_.output();
        client_.output().clear();
        if (client_.output().capacity() > 1024) client_.output().shrink_to_fit();
    }

    std::size_t channels_wanted_;
    bool rolls_version_;
    WireEvents& events_;
    V2Client client_;
    std::vector<V2Channel*> channels_;  // in the order of opening; nodes of the client's map
    std::unordered_map<std::uint32_t, std::size_t> index_;  // by channel id
    std::vector<bool> has_work_;
    std::size_t channels_working_ = 0;
    std::int64_t received_at_ns_ = 0;
    std::string refusal_;
};

}  // namespace

std::unique_ptr<Wire> make_v2_wire(const WireOptions& options, const std::string& worker,
                                   WireEvents& events) {
    return std::make_unique<V2Wire>(options, worker, events);
}

}  // namespace bench
