#include "server/node/provider_session.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "server/node/coinbase_shape.h"
#include "server/node/json_scanner.h"

namespace server::node {
namespace {

namespace v2 = stratum::v2;
using Kind = ProviderTrouble::Kind;

constexpr std::size_t told_letters_max = 80;

static_assert(4 * provider_outputs_bytes >= coinbase_weight_reserved);

std::string shown(std::string_view error_code) { return readable(error_code.substr(0, told_letters_max)); }

}  // namespace

const char* name_of(Kind kind) {
    switch (kind) {
        case Kind::unreachable:
            return "unreachable";
        case Kind::silent:
            return "silent";
        case Kind::untrusted:
            return "untrusted";
        case Kind::refused:
            return "refused";
        case Kind::broken:
            return "broken";
        case Kind::bad_template:
            break;
    }
    return "bad_template";
}

ProviderSession::ProviderSession(const v2::TransportKeys& keys, Options options, Time now)
    : options_(std::move(options)), transport_(keys), began_at_(now) {
    v2::SetupConnection setup;
    setup.protocol = static_cast<std::uint8_t>(v2::Protocol::template_distribution);
    setup.min_version = v2::protocol_version;
    setup.max_version = v2::protocol_version;
    setup.endpoint_host = std::string_view(options_.host).substr(0, 255);
    setup.endpoint_port = options_.port;
    setup.vendor = "Hashyard";
    send(setup);
}

template <v2::Message M>
void ProviderSession::send(const M& message) {
    std::string payload;
    v2::append(message, payload);
    transport_.write(v2::header_of<M>(payload.size()), stratum::view_of(payload), output_);
}

std::optional<ProviderTrouble> ProviderSession::receive(stratum::ByteView wire, Time now) {
    while (true) {
        // The large size is for the one kind of answer that needs it, and only while one is awaited.
        const auto accepted = requests_.empty() ? offer_frame_bytes_max : transactions_frame_bytes_max;
        switch (transport_.read(wire, accepted)) {
            case v2::Read::incomplete:
                return std::nullopt;
            case v2::Read::bad_tag:
                return ProviderTrouble{Kind::broken, "it sent bytes that do not decrypt"};
            case v2::Read::too_large:
                return ProviderTrouble{
                    Kind::broken, fmt::format("it announced a message of {} bytes, too large for its kind",
                                              transport_.header().payload_bytes)};
            case v2::Read::frame:
                break;
        }
        if (auto trouble = take_frame(now)) return trouble;
    }
}

template <v2::Message M>
std::optional<ProviderTrouble> ProviderSession::parse_and_take(Time now) {
    M message;
    if (const auto parsed = v2::parse(transport_.payload(), message); parsed.has_error())
        return ProviderTrouble{Kind::broken,
                               fmt::format("its {} is malformed: {}", M::name, v2::explain(parsed.error()))};
    return take(message, now);
}

std::optional<ProviderTrouble> ProviderSession::take_frame(Time now) {
    const auto& header = transport_.header();
    if (!is_set_up_) return take_setup();
    if (header.payload_bytes > offer_frame_bytes_max && !v2::is<v2::RequestTransactionDataSuccess>(header))
        return ProviderTrouble{Kind::broken, fmt::format("it sent a message of type {} and {} bytes",
                                                         header.type, header.payload_bytes)};
    if (v2::is<v2::NewTemplate>(header)) return parse_and_take<v2::NewTemplate>(now);
    if (v2::is<v2::SetNewTemplatePrevHash>(header)) return parse_and_take<v2::SetNewTemplatePrevHash>(now);
    if (v2::is<v2::RequestTransactionDataSuccess>(header))
        return parse_and_take<v2::RequestTransactionDataSuccess>(now);
    if (v2::is<v2::RequestTransactionDataError>(header))
        return parse_and_take<v2::RequestTransactionDataError>(now);
    return std::nullopt;  // what we do not know is not for us
}

std::optional<ProviderTrouble> ProviderSession::take_setup() {
    const auto& header = transport_.header();
    if (v2::is<v2::SetupConnectionError>(header)) {
        v2::SetupConnectionError error;
        static_cast<void>(v2::parse(transport_.payload(), error));
        return ProviderTrouble{Kind::refused, "it refuses the connection: " + shown(error.error_code)};
    }
    v2::SetupConnectionSuccess success;
    if (!v2::is<v2::SetupConnectionSuccess>(header) || v2::parse(transport_.payload(), success).has_error())
        return ProviderTrouble{Kind::broken, "it did not answer SetupConnection"};
    if (success.used_version != v2::protocol_version)
        return ProviderTrouble{Kind::refused, fmt::format("it speaks version {} of the protocol, not {}",
                                                          success.used_version, v2::protocol_version)};
    is_set_up_ = true;
    send(v2::CoinbaseOutputConstraints{provider_outputs_bytes,
                                       static_cast<std::uint16_t>(coinbase_sigops_reserved)});
    return std::nullopt;
}

std::optional<ProviderTrouble> ProviderSession::take(const v2::NewTemplate& message, Time now) {
    if (message.future_template) {
        if (future_.size() >= future_offers_max) future_.erase(future_.begin());
        future_.insert_or_assign(message.template_id, offer_of(message));
        return std::nullopt;
    }
    if (!tip_) return ProviderTrouble{Kind::broken, "it sent a template before any previous block"};
    wanted_ = offer_of(message);
    return ask(now);
}

std::optional<ProviderTrouble> ProviderSession::take(const v2::SetNewTemplatePrevHash& message, Time now) {
    const auto offer = future_.find(message.template_id);
    if (offer == future_.end())
        return ProviderTrouble{
            Kind::broken,
            fmt::format("it named a previous block for the template {}, which it never sent for one",
                        message.template_id)};
    if (!tip_ || tip_->previous != message.prev_hash) {
        ++tip_number_;
        wanted_at_once_ = true;
    }
    tip_ = tip_of(message);
    tip_at_ = now;
    wanted_ = std::move(offer->second);
    future_.clear();
    return ask(now);
}

// Offers on one tip are asked for one after the other; a new tip waits for nothing.
std::optional<ProviderTrouble> ProviderSession::ask(Time now) {
    if (!wanted_) return std::nullopt;
    if (!wanted_at_once_ && (!requests_.empty() || now - refreshed_at_ < refresh_least)) return std::nullopt;
    if (requests_.size() >= transaction_requests_max)
        return ProviderTrouble{Kind::silent, "it answers none of our requests for transactions"};
    send(v2::RequestTransactionData{wanted_->template_id});
    requests_.push_back({std::move(*wanted_), tip_number_, now});
    wanted_.reset();
    wanted_at_once_ = false;
    refreshed_at_ = now;
    return std::nullopt;
}

std::optional<ProviderSession::Request> ProviderSession::answered(std::uint64_t template_id) {
    const auto found = std::find_if(requests_.begin(), requests_.end(), [&](const Request& request) {
        return request.offer.template_id == template_id;
    });
    if (found == requests_.end()) return std::nullopt;
    auto request = std::move(*found);
    requests_.erase(found);
    return request;
}

std::optional<ProviderTrouble> ProviderSession::take(const v2::RequestTransactionDataSuccess& message,
                                                     Time now) {
    const auto request = answered(message.template_id);
    if (!request)
        return ProviderTrouble{Kind::broken, fmt::format("it sent transactions of the template {}, unasked",
                                                         message.template_id)};
    if (request->tip_number != tip_number_) return ask(now);  // of the tip before
    auto made = make_provider_template(request->offer, *tip_, message.transaction_list, options_.network);
    if (!made) return ProviderTrouble{Kind::bad_template, name_of(made.error())};
    made->work.origin->connection = options_.connection;
    made->longpollid = fmt::format("{}/{}", options_.connection, message.template_id);
    latest_ = std::make_shared<const NodeTemplate>(std::move(*made));
    return ask(now);
}

// Harmless when something newer is there or on its way.
std::optional<ProviderTrouble> ProviderSession::take(const v2::RequestTransactionDataError& message,
                                                     Time now) {
    const auto request = answered(message.template_id);
    const bool needed = request && request->tip_number == tip_number_ && !wanted_ &&
                        (!latest_ || latest_->work.previous != tip_->previous);
    if (needed)
        return ProviderTrouble{Kind::refused, fmt::format("it gives no transactions of its template {}: {}",
                                                          message.template_id, shown(message.error_code))};
    return ask(now);
}

std::optional<ProviderTrouble> ProviderSession::on_timer(Time now) {
    if (!is_set_up_ && now >= began_at_ + options_.answer_timeout)
        return ProviderTrouble{Kind::silent, "it does not answer SetupConnection in time"};
    if (!requests_.empty() && now >= requests_.front().asked_at + options_.answer_timeout)
        return ProviderTrouble{Kind::silent, fmt::format("it does not send the transactions of its template "
                                                         "{} in time",
                                                         requests_.front().offer.template_id)};
    return ask(now);
}

ProviderSession::Time ProviderSession::deadline() const {
    if (!is_set_up_) return began_at_ + options_.answer_timeout;
    if (!requests_.empty()) return requests_.front().asked_at + options_.answer_timeout;
    return wanted_ ? refreshed_at_ + refresh_least : Time::max();
}

bool ProviderSession::submit(const ProviderSolution& solution) {
    constexpr std::size_t field_bytes_max = 0xffff;
    if (solution.origin.connection != options_.connection || solution.coinbase.size() > field_bytes_max)
        return false;
    const auto* header = solution.header.data();
    v2::SubmitSolution message;
    message.template_id = solution.origin.template_id;
    message.version = stratum::load_le32(header);
    message.header_timestamp = stratum::load_le32(header + 68);
    message.header_nonce = stratum::load_le32(header + 76);
    message.coinbase_tx = solution.coinbase;
    send(message);
    return true;
}

}  // namespace server::node
