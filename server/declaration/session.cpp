#include "server/declaration/session.h"

#include <algorithm>

#include "server/declaration/declared_template.h"
#include "server/declaration/limits.h"
#include "server/log.h"
#include "server/node/coinbase_shape.h"
#include "stratum/v2/error_codes.h"
#include "stratum/v2/messages_common.h"
#include "stratum/worker_name.h"

namespace server::declaration {

namespace v2 = stratum::v2;
namespace declare_error = v2::declare_error;
namespace setup_error = v2::setup_error;
using stratum::Bytes;
using stratum::ByteView;
using stratum::Hash256;
using v2::is;

Session::Session(Host& host, const v2::TransportKeys& keys, std::function<void()> on_output, Instant now)
    : host_(host),
      transport_(keys),
      writer_(transport_, output_),
      on_output_(std::move(on_output)),
      opened_at_(now),
      heard_at_(now) {}

void Session::receive(ByteView wire, Instant now) {
    while (!closing_) {
        const auto read = transport_.read(wire, set_up_ ? frame_bytes_max : setup_bytes_max);
        if (read == v2::Read::incomplete) return;
        if (read != v2::Read::frame) {
            closing_ = true;
            return;
        }
        heard_at_ = now;
        on_frame(transport_.header(), transport_.payload(), now);
        if (output_.size() > output_bytes_max) closing_ = true;
    }
}

void Session::on_frame(const v2::FrameHeader& header, ByteView payload, Instant now) {
    if (!set_up_) {
        if (is<v2::SetupConnection>(header)) return set_up(payload);
        closing_ = true;
        return;
    }
    if (is<v2::AllocateMiningJobToken>(header)) return on_allocate(payload, now);
    if (is<v2::DeclareMiningJob>(header)) return on_declare(payload, now);
    if (is<v2::ProvideMissingTransactionsSuccess>(header)) return on_transactions(payload);
    if (is<v2::PushSolution>(header)) return on_solution(payload);
    if (is<v2::RequestExtensions>(header)) {
        v2::RequestExtensions message;
        if (v2::parse(payload, message))
            writer_.send(v2::RequestExtensionsError{message.request_id, message.requested_extensions, {}});
    }
}

void Session::refuse_setup(std::uint32_t flags, std::string_view code) {
    writer_.send(v2::SetupConnectionError{flags, code});
    closing_ = true;
}

void Session::set_up(ByteView payload) {
    v2::SetupConnection message;
    if (!v2::parse(payload, message)) {
        closing_ = true;
        return;
    }
    if (message.protocol != static_cast<std::uint8_t>(v2::Protocol::job_declaration))
        return refuse_setup(0, setup_error::unsupported_protocol);
    if (message.min_version > v2::protocol_version || message.max_version < v2::protocol_version)
        return refuse_setup(0, setup_error::protocol_version_mismatch);
    if ((message.flags & ~v2::job_declaration_declare_tx_data) != 0)
        return refuse_setup(message.flags & ~v2::job_declaration_declare_tx_data,
                            setup_error::unsupported_feature_flags);
    // Without its transactions a job cannot be judged by our node.
    if ((message.flags & v2::job_declaration_declare_tx_data) == 0)
        return refuse_setup(0, setup_error::missing_declare_tx_data_flag);
    set_up_ = true;
    writer_.send(v2::SetupConnectionSuccess{v2::protocol_version, 0});
}

void Session::on_allocate(ByteView payload, Instant now) {
    v2::AllocateMiningJobToken message;
    if (!v2::parse(payload, message) || message.user_identifier.empty() ||
        !stratum::printable(message.user_identifier)) {
        closing_ = true;  // this message has no error to answer with
        return;
    }
    if (tokens_.size() >= tokens_per_connection_max) {
        const auto oldest =
            std::min_element(tokens_.begin(), tokens_.end(),
                             [](const auto& a, const auto& b) { return a.second.since < b.second.since; });
        tokens_.erase(oldest);
    }
    const auto token = host_.new_token();
    tokens_[token] = {std::string(message.user_identifier), now};
    Bytes outputs;
    stratum::ByteWriter writer(outputs);
    writer.compact_size(1);
    writer.le64(0);
    writer.compact_size(host_.payout_script().size());
    writer.bytes(host_.payout_script());
    writer_.send(v2::AllocateMiningJobTokenSuccess{message.request_id, token, outputs});
}

// -- declaring
// -----------------------------------------------------------------------------------------------------

void Session::refuse(std::uint32_t request_id, std::string_view code, std::string_view details) {
    writer_.send(v2::DeclareMiningJobError{request_id, code, stratum::view_of(details)});
    host_.count(code);
}

Session::Declaration* Session::find(std::uint32_t request_id) {
    const auto found = std::find_if(under_way_.begin(), under_way_.end(),
                                    [&](const auto& each) { return each.request_id == request_id; });
    return found == under_way_.end() ? nullptr : &*found;
}

void Session::forget(std::uint32_t request_id) {
    std::erase_if(under_way_, [&](const auto& each) { return each.request_id == request_id; });
}

void Session::on_declare(ByteView payload, Instant now) {
    v2::DeclareMiningJob message;
    if (!v2::parse(payload, message)) {
        closing_ = true;
        return;
    }
    Declaration declaration;
    declaration.since = now;
    if (!check(message, declaration)) return;
    const auto id = message.request_id;
    under_way_.push_back(std::move(declaration));
    if (!under_way_.back().ahead) go_on(id);
}

// On our own tip now: what do we lack?
void Session::go_on(std::uint32_t request_id) {
    auto& declaration = *find(request_id);
    declaration.ahead = false;
    const auto newest = host_.newest();
    if (declaration.coinbase.pool_sats < newest->coinbase_value_sats - newest->fees_sats) {
        forget(request_id);
        return refuse(request_id, declare_error::invalid_coinbase_tx,
                      "The pool's output holds less than the subsidy");
    }
    v2::ProvideMissingTransactions ask;
    ask.request_id = request_id;
    declaration.transactions.resize(declaration.wtxids.size());
    for (std::size_t i = 0; i < declaration.wtxids.size(); ++i)
        if (const auto* known = host_.known(declaration.wtxids[i]))
            declaration.transactions[i] = *known;
        else
            ask.unknown_tx_position_list.push_back(static_cast<std::uint16_t>(i));
    if (ask.unknown_tx_position_list.empty()) return propose(declaration);
    writer_.send(ask);
}

bool Session::check(const v2::DeclareMiningJob& message, Declaration& out) {
    const auto id = message.request_id;
    const auto no = [&](std::string_view code, std::string_view details) {
        refuse(id, code, details);
        return false;
    };
    const auto token = tokens_.find(Bytes(message.mining_job_token.begin(), message.mining_job_token.end()));
    if (token == tokens_.end())
        return no(declare_error::invalid_mining_job_token, "Ask for a token first; each is for one job");
    out.identity = token->second.identity;
    tokens_.erase(token);
    if (find(id) != nullptr || under_way_.size() >= declarations_under_way_max)
        return no(declare_error::internal_error, "Too many declarations at a time: wait for an answer");
    const auto newest = host_.newest();
    if (!newest) return no(declare_error::internal_error, "No node gives work at the moment");
    auto coinbase =
        read_coinbase(message.coinbase_tx_prefix, message.coinbase_tx_suffix, host_.payout_script());
    if (!coinbase)
        return no(coinbase.error().input ? declare_error::invalid_coinbase_tx_input
                                         : declare_error::invalid_coinbase_tx,
                  coinbase.error().reason);
    if (coinbase->pool_sats != coinbase->value_sats)
        return no(declare_error::invalid_coinbase_tx, "The pool's output must hold the whole reward");
    if (coinbase->height < newest->height)
        return no(declare_error::stale_chain_tip, "The tip has moved: declare on the new one");
    if (coinbase->height > newest->height + blocks_ahead_max)
        return no(declare_error::invalid_coinbase_tx_input, "The height is far ahead of the chain");
    out.ahead = coinbase->height > newest->height;
    out.request_id = id;
    out.version = message.version;
    out.coinbase = std::move(*coinbase);
    out.wtxids.assign(message.wtxid_list.begin(), message.wtxid_list.end());
    auto sorted = out.wtxids;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
        return no(declare_error::invalid_job, "A transaction is listed twice");
    return true;
}

void Session::on_transactions(ByteView payload) {
    v2::ProvideMissingTransactionsSuccess message;
    if (!v2::parse(payload, message)) {
        closing_ = true;
        return;
    }
    auto* declaration = find(message.request_id);
    if (declaration == nullptr || declaration->proposed || declaration->ahead)
        return;  // late, or never asked for
    fill_given(message.transaction_list, declaration->wtxids, declaration->transactions);
    const bool missing = std::any_of(declaration->transactions.begin(), declaration->transactions.end(),
                                     [](const auto& transaction) { return transaction.data.empty(); });
    if (!missing) return propose(*declaration);
    const auto id = message.request_id;
    forget(id);
    refuse(id, declare_error::missing_txs, "Not all of the transactions that were asked for came");
}

void Session::propose(Declaration& declaration) {
    const auto id = declaration.request_id;
    const auto newest = host_.newest();
    auto work = make_declared_template(*newest, declaration.version, declaration.coinbase,
                                       std::move(declaration.transactions));
    work.number = host_.new_number();
    work.declared_at_us = host_.now_us();
    auto job = std::make_shared<v2::DeclaredJob>();
    job->identity = declaration.identity;
    job->coinbase_version = declaration.coinbase.version;
    job->script_prefix = std::move(declaration.coinbase.script_prefix);
    job->extranonce_bytes = declaration.coinbase.extranonce_bytes;
    job->sequence = declaration.coinbase.sequence;
    job->outputs = std::move(declaration.coinbase.outputs);
    job->lock_time = declaration.coinbase.lock_time;
    job->work = std::make_shared<const stratum::Template>(std::move(work));
    declaration.proposed = true;
    const auto block = node::block_to_propose(*job->work, coinbase_of(*job), job->extranonce_bytes);
    if (auto reason = node::check_proposal(*block, *job->work); !reason.empty()) {
        forget(id);
        return refuse(id, declare_error::invalid_job, reason);
    }
    host_.propose(block, [weak = weak_from_this(), id, job](const std::optional<std::string>& reason) {
        const auto self = weak.lock();
        if (!self || self->closing_) return;
        self->on_answer(id, job, reason);
        self->on_output_();
    });
}

void Session::on_answer(std::uint32_t request_id, const v2::DeclaredJobPtr& job,
                        const std::optional<std::string>& reason) {
    if (find(request_id) == nullptr) return;  // given up meanwhile
    forget(request_id);
    const auto newest = host_.newest();
    // The node may know of a new tip before we do.
    const bool node_moved = reason && *reason == "inconclusive-not-best-prevblk";
    if (node_moved || (newest && newest->previous != job->work->previous))
        return refuse(request_id, declare_error::stale_chain_tip,
                      "The tip has moved: declare on the new one");
    if (!reason)
        return refuse(request_id, declare_error::internal_error, "No node could judge the job: try again");
    if (!reason->empty()) return refuse(request_id, declare_error::invalid_job, *reason);
    const auto token = host_.new_token();
    if (!host_.publish(token, job))
        return refuse(request_id, declare_error::internal_error, "Too many declared jobs wait: try again");
    accepted_.push_back(job);
    if (accepted_.size() > accepted_kept_max) accepted_.erase(accepted_.begin());
    writer_.send(v2::DeclareMiningJobSuccess{request_id, token});
    host_.count("accepted");
}

// -- blocks
// --------------------------------------------------------------------------------------------------------

void Session::on_solution(ByteView payload) {
    v2::PushSolution message;
    if (!v2::parse(payload, message)) {
        closing_ = true;
        return;
    }
    for (auto job = accepted_.rbegin(); job != accepted_.rend(); ++job)
        if (auto candidate = block_of(message, **job)) {
            candidate->found_at_us = host_.now_us();
            return host_.submit(std::move(*candidate));
        }
    log::warn("pushed_solution_fits_no_job", {{"previous", stratum::displayed(message.prev_hash)}});
}

// What a node judges already is answered with its judgement.
void Session::on_template() {
    const auto newest = host_.newest();
    std::vector<std::uint32_t> stale, here;
    for (const auto& each : under_way_) {
        if (each.proposed) continue;
        if (each.coinbase.height < newest->height) stale.push_back(each.request_id);
        if (each.coinbase.height == newest->height && each.ahead) here.push_back(each.request_id);
    }
    for (const auto id : stale) {
        forget(id);
        refuse(id, declare_error::stale_chain_tip, "The tip has moved: declare on the new one");
    }
    for (const auto id : here) go_on(id);
}

void Session::on_timer(Instant now) {
    if (!set_up_ && now - opened_at_ >= setup_timeout) closing_ = true;
    if (now - heard_at_ > idle_timeout) closing_ = true;
    std::erase_if(tokens_, [&](const auto& token) { return now - token.second.since > token_kept_for; });
    for (std::size_t i = under_way_.size(); i-- > 0;) {
        const bool ahead = under_way_[i].ahead;
        const auto kept_for = ahead ? std::chrono::seconds(tip_awaited_for) : declaration_kept_for;
        if (now - under_way_[i].since <= kept_for) continue;
        const auto id = under_way_[i].request_id;
        const bool proposed = under_way_[i].proposed;
        forget(id);
        if (ahead)
            refuse(id, declare_error::stale_chain_tip, "Our nodes do not have this tip");
        else
            refuse(id, proposed ? declare_error::internal_error : declare_error::missing_txs,
                   "This took too long: declare again");
    }
}

}  // namespace server::declaration
