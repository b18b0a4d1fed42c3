#include "stratum/v1/session.h"

#include <algorithm>

#include "stratum/worker_name.h"

namespace stratum::v1 {
namespace {
constexpr int score_max = 200;        // then the connection ends
constexpr int junk_line_weight = 40;  // five lines that are no JSON
constexpr int accepted_share_relief = 2;

bool looks_like_http(std::string_view line) {
    return line.starts_with("GET ") || line.starts_with("POST ") || line.starts_with("HEAD ");
}

}  // namespace

Session::Session(const SessionSettings& settings, SessionHost& host, Instant now)
    : settings_(settings), host_(host), quirks_(&quirks_of("")), opened_at_(now), heard_at_(now) {}

std::vector<std::uint32_t> Session::worker_numbers() const {
    std::vector<std::uint32_t> out;
    for (const auto& worker : workers_) out.push_back(worker.number);
    return out;
}

std::vector<EndedChannel> Session::take_channels() {
    std::vector<EndedChannel> out;
    const auto worker = workers_.empty() ? 0 : workers_.front().number;
    if (channel_) out.push_back({std::move(*channel_), worker, accepted_ > 0});
    channel_.reset();
    return out;
}

std::size_t Session::receive(std::string_view bytes, Instant now, ShareBatch& batch) {
    heard_at_ = now;
    const auto consumed = consume(bytes, now, batch);
    // Clients that write suggestions in one piece with the login have them heard before their first job.
    if (start_due_ && closing_ == CloseReason::none && consumed == bytes.size()) {
        start_due_ = false;
        start_mining(now);
    }
    return consumed;
}

std::size_t Session::consume(std::string_view bytes, Instant now, ShareBatch& batch) {
    std::size_t consumed = 0;
    while (consumed < bytes.size() && closing_ == CloseReason::none) {
        const auto rest = bytes.substr(consumed);
        const auto newline = rest.find('\n');
        const auto line_max = workers_.empty() ? line_bytes_max_before_login : line_bytes_max;
        if (input_.size() + std::min(newline, rest.size()) > line_max) {
            append_error(output_, "null", 20, "Line too long");
            close(CloseReason::line_too_long);
            break;
        }
        if (newline == std::string_view::npos) {
            input_.append(rest);
            return bytes.size();
        }
        auto line = rest.substr(0, newline);
        if (!input_.empty()) line = input_.append(line);
        if (batch.size() >= share_batch_max || on_line(line, now, batch) == Line::settle_first) {
            if (!input_.empty()) input_.resize(input_.size() - newline);
            return consumed;
        }
        if (!input_.empty()) std::string().swap(input_);
        consumed += newline + 1;
        if (output_.size() > output_bytes_max) close(CloseReason::slow_reader);
    }
    return closing_ == CloseReason::none ? consumed : bytes.size();
}

Session::Line Session::on_line(std::string_view line, Instant now, ShareBatch& batch) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.empty()) return Line::done;
    std::string_view id;
    Submit submit;
    if (scan_submit(line, id, submit)) {
        on_submit(id, submit, batch);
        return Line::done;
    }
    if (unsettled_ > 0) return Line::settle_first;
    const auto parsed = parse_line(line);
    if (parsed.error) {
        if (looks_like_http(line)) {
            output_ +=
                "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
                "This is a Stratum port: point a miner at it with stratum+tcp://.\n";
            close(CloseReason::not_stratum);
        } else {
            on_bad_line(*parsed.error);
        }
        return Line::done;
    }
    if (const auto* unusual = std::get_if<Submit>(&parsed.request.body)) {
        submit = *unusual;
        submit.worker = parsed.request.worker;
        on_submit(parsed.request.id, submit, batch);
    } else {
        answer(parsed.request, now);
    }
    return Line::done;
}

void Session::on_bad_line(LineError error) {
    append_error(output_, "null", 20, explain(error));
    score_ += junk_line_weight;
    if (score_ >= score_max) close(CloseReason::junk);
}

void Session::misbehaved(int weight) {
    score_ += weight;
    if (score_ < score_max) return;
    append_show_message(output_, "Too many refused submissions: check the miner's settings and reconnect");
    close(CloseReason::misbehaviour);
}

void Session::on_submit(std::string_view id, const Submit& submit, ShareBatch& batch) {
    auto& pending = batch.emplace_back();
    pending.session = this;
    pending.id = id;
    ++unsettled_;
    if (!channel_) {
        pending.examined.refused = RejectReason::not_subscribed;
        return;
    }
    const auto worker = std::find_if(workers_.begin(), workers_.end(),
                                     [&](const Worker& known) { return known.name == submit.worker; });
    if (worker != workers_.end()) pending.worker = worker->number;
    if (submit.refused) pending.examined.refused = submit.refused;
    // The bits this client was granted for that very job: a later template may have taken some away.
    else
        pending.examined = channel_->examine(submit.submission, asked_mask_, host_.jobs());
    // The header stays in `examined`: who a client says it is does not stand before the block test.
    if (workers_.empty() || (worker == workers_.end() && !submit.refused))
        pending.examined.refused = RejectReason::unauthorized;
}

void Session::settle(const PendingShare& share, const Verdict& verdict, Instant now) {
    --unsettled_;
    if (verdict.reject) {
        const auto& facts = facts_of(*verdict.reject);
        append_error(output_, share.id, facts.v1_code, facts.text);
        if (facts.ban_weight > 0) misbehaved(facts.ban_weight);
        return;
    }
    append_true(output_, share.id);
    ++accepted_;
    score_ = std::max(0, score_ - accepted_share_relief);
    if (verdict.credited_target != channel_->target())
        return;  // late work of another difficulty says nothing of the rate
    if (const auto next = channel_->vardiff().on_share(settings_.vardiff, now)) change_difficulty(*next, now);
}

void Session::answer(const Request& request, Instant now) {
    const auto& id = request.id;
    if (const auto* subscribe = std::get_if<Subscribe>(&request.body))
        return on_subscribe(id, *subscribe, now);
    if (const auto* authorize = std::get_if<Authorize>(&request.body)) return on_authorize(id, *authorize);
    if (const auto* configure = std::get_if<Configure>(&request.body))
        return on_configure(id, *configure, now);
    if (const auto* suggestion = std::get_if<SuggestDifficulty>(&request.body))
        return on_suggestion(id, *suggestion, now);
    if (std::holds_alternative<Silent>(request.body)) return;
    if (const auto* unknown = std::get_if<Unknown>(&request.body))
        return append_error(output_, id, 20, "Unknown method " + unknown->method);
    if (!request.has_id) return;
    if (std::holds_alternative<Ping>(request.body)) return append_result(output_, id, "\"pong\"");
    if (std::holds_alternative<GetTransactions>(request.body)) return append_result(output_, id, "[]");
    append_true(output_, id);  // extranonce.subscribe and what needs no action
}

void Session::on_subscribe(std::string_view id, const Subscribe& subscribe, Instant now) {
    if (!channel_) {
        quirks_ = &quirks_of(subscribe.agent);
        if (!subscribe.session_id.empty())
            channel_ = host_.resume(subscribe.session_id, settings_.rest_bytes, now);
        if (!channel_) {
            const auto prefix = host_.allocate_prefix(now);
            if (!prefix) {
                append_error(output_, id, 20,
                             "The pool is full: try again in ten minutes or use another server");
                return close(CloseReason::prefixes_exhausted);
            }
            channel_.emplace(*prefix, settings_.rest_bytes);
        }
    }
    const auto session_id = host_.session_id_of(channel_->prefix());
    std::string result =
        R"([[["mining.set_difficulty",")" + session_id + R"("],["mining.notify",")" + session_id + R"("]],")";
    append_hex(result, channel_->extranonce_head());
    result += "\"," + std::to_string(channel_->rest_bytes()) + "]";
    append_result(output_, id, result);
    start_due_ = mining();
}

void Session::on_authorize(std::string_view id, const Authorize& authorize) {
    const auto known = std::find_if(workers_.begin(), workers_.end(),
                                    [&](const Worker& worker) { return worker.name == authorize.user; });
    if (known != workers_.end()) return append_true(output_, id);
    if (workers_.size() >= workers_per_session_max)
        return append_error(output_, id, 24, "Too many workers on one connection: open another");
    const auto name = split_worker_name(authorize.user);
    const auto login = host_.login(name.user, name.worker);
    if (!login.worker) {
        append_error(output_, id, 24, login.message);
        return misbehaved(score_max / 10);
    }
    const bool first = workers_.empty();
    workers_.push_back({authorize.user, *login.worker});
    append_true(output_, id);
    if (!first) return;
    const auto options = parse_password(authorize.password);
    asked_fixed_ = options.fixed;
    if (options.least) asked_least_ = options.least;
    remembered_ = login.remembered;
    start_due_ = mining();
}

void Session::on_configure(std::string_view id, const Configure& configure, Instant now) {
    std::string result = "{";
    const auto add = [&result](std::string_view name, std::string_view value) {
        if (result.size() > 1) result += ',';
        append_quoted(result, name);
        result += ':';
        result += value;
    };
    if (configure.version_rolling) {
        asked_mask_ = configure.mask;
        const auto* active = channel_ ? host_.jobs().find(channel_->active_job()) : nullptr;
        granted_mask_ =
            asked_mask_ & (active != nullptr ? (*active)->version_mask() : settings_.version_mask);
        std::string mask = "\"";
        append_hex_u32(mask, granted_mask_);
        add("version-rolling", "true");
        add("version-rolling.mask", mask + "\"");
    }
    if (configure.minimum_difficulty) {
        if (configure.minimum_difficulty_value) asked_least_ = configure.minimum_difficulty_value;
        add("minimum-difficulty", configure.minimum_difficulty_value ? "true" : "false");
    }
    if (configure.subscribe_extranonce) add("subscribe-extranonce", "true");
    if (configure.info) add("info", "true");
    for (const auto& name : configure.unknown) add(name, "false");
    append_result(output_, id, result + "}");
    if (configure.minimum_difficulty_value && mining() && !start_due_) {
        bound_difficulty();
        change_difficulty(channel_->vardiff().clamp(channel_->vardiff().current()), now);
    }
}

void Session::on_suggestion(std::string_view id, const SuggestDifficulty& suggestion, Instant now) {
    if (!suggestion.difficulty) {
        if (id != "null") append_error(output_, id, 20, "The suggestion must be a positive number");
        return;
    }
    asked_start_ = suggestion.difficulty;
    if (id != "null") append_true(output_, id);
    if (!mining() || start_due_ || asked_fixed_ || accepted_ > 0)
        return;  // heard at the start, or vardiff knows better
    auto wanted = channel_->vardiff().clamp(*asked_start_);
    if (wanted < *Difficulty::whole(1) && !quirks_->fractions) wanted = *Difficulty::whole(1);
    change_difficulty(wanted, now);
}

// The bounds of every difficulty of this channel: the port's least, what the client asked for, and the
// network's.
void Session::bound_difficulty() {
    auto least = settings_.difficulty_min;
    if (asked_least_ && !asked_fixed_) least = std::max(least, *asked_least_);
    if (quirks_->difficulty_min > 0) least = std::max(least, *Difficulty::whole(quirks_->difficulty_min));
    if (!quirks_->fractions) least = std::max(least, *Difficulty::whole(1));
    auto most = *Difficulty::whole(std::uint64_t{1} << 63);
    const auto& newest = host_.jobs().newest();
    if (settings_.difficulty_capped_by_network && newest)
        most = *Difficulty::at_most(difficulty_of_target(newest->network_target));
    channel_->vardiff().bound(std::min(least, most), most);
}

void Session::start_mining(Instant now) {
    auto& vardiff = channel_->vardiff();
    bound_difficulty();
    // Strongest first: password, what vardiff found before, the client's suggestion, its least, the port's
    // default.
    const auto wanted = asked_fixed_   ? *asked_fixed_
                        : remembered_  ? *remembered_
                        : asked_start_ ? *asked_start_
                        : asked_least_ ? std::max(*asked_least_, settings_.difficulty_start)
                                       : settings_.difficulty_start;
    const auto start = vardiff.clamp(wanted);
    if (asked_fixed_)
        vardiff.fix(start, now);
    else
        vardiff.start(start, now);
    tell_difficulty(start, now);
    if (const auto& newest = host_.jobs().newest()) {
        const auto active = channel_->variant_of(newest->number);
        // A resumed channel takes up the very job it had only if nothing but the wire has changed.
        const auto fresh = channel_->active_job() >> 8 == newest->number
                               ? channel_->next_variant(newest->number).value_or(active)
                               : active;
        announce(true, fresh, now);
    }
}

void Session::change_difficulty(Difficulty difficulty, Instant now) {
    auto& channel = *channel_;
    const auto target = difficulty.target();
    if (target == channel.target()) return;
    const auto& newest = host_.jobs().newest();
    const auto variant = newest ? channel.next_variant(newest->number) : std::nullopt;
    if (newest && !variant) {  // this template's variants are used up: vardiff measures anew
        if (!channel.vardiff().fixed()) channel.vardiff().start(told_, now);
        return;
    }
    const bool harder = target < channel.target();
    if (channel.vardiff().fixed())
        channel.vardiff().fix(difficulty, now);
    else
        channel.vardiff().start(difficulty, now);
    tell_difficulty(difficulty, now);
    if (newest) announce(harder, *variant, now);
}

void Session::tell_difficulty(Difficulty difficulty, Instant now) {
    told_ = difficulty;
    channel_->set_difficulty(difficulty, now);
    append_set_difficulty(output_, difficulty);
}

void Session::announce(bool clean, std::uint8_t variant, Instant now) {
    const auto job = host_.jobs().job(quirks_->size_class, variant);
    if (!job) return;
    grant_mask(*job);
    channel_->issue(*job, now);
    output_ += job->notify_line(clean);
    if (output_.size() > output_bytes_max) close(CloseReason::slow_reader);
}

// A template may need version bits that are rolled otherwise; then the mask shrinks, and grows back later.
void Session::grant_mask(const Job& job) {
    const auto mask = asked_mask_ & job.version_mask();
    if (mask == granted_mask_) return;
    granted_mask_ = mask;
    append_set_version_mask(output_, mask);
}

void Session::on_job(Instant now) {
    if (!mining() || start_due_ || closing_ != CloseReason::none) return;
    const auto& newest = host_.jobs().newest();
    if (channel_->active_job() >> 8 == newest->number) return;  // logged in after this template came
    const auto* active = host_.jobs().find(channel_->active_job());
    const bool clean = active == nullptr || (*active)->work().previous != newest->previous;
    if (settings_.difficulty_capped_by_network) bound_difficulty();
    announce(clean, channel_->variant_of(newest->number), now);
    channel_->forget_expired(host_.jobs());
}

void Session::on_timer(Instant now) {
    if (workers_.empty() && now - opened_at_ > settings_.login_timeout) {
        append_show_message(output_, "No login: send mining.subscribe and mining.authorize after connecting");
        return close(CloseReason::login_timeout);
    }
    const auto idle_max =
        quirks_->long_idle ? std::chrono::seconds(settings_.long_idle_timeout) : settings_.idle_timeout;
    if (now - heard_at_ > idle_max) {
        append_show_message(output_, "Nothing heard for too long: closing");
        return close(CloseReason::idle);
    }
    if (!mining() || start_due_) return;
    if (const auto next = channel_->vardiff().on_timer(settings_.vardiff, now)) change_difficulty(*next, now);
}

}  // namespace stratum::v1
