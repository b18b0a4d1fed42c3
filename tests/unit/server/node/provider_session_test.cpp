#include "server/node/provider_session.h"

#include <functional>

#include "tests/catch.h"
#include "tests/unit/server/node/provided_work.h"

using namespace server::node;
using namespace stratum::v2;
using namespace std::chrono_literals;
using node_test::ProvidedWork;
using stratum::Bytes;

namespace {

using Kind = ProviderTrouble::Kind;

// The provider's end of a session; time stands still unless it is moved.
struct Dialogue {
    Dialogue() {
        for (auto& byte : keys.send) byte = 1;
        for (auto& byte : keys.receive) byte = 2;
        TransportKeys mirrored;
        mirrored.send = keys.receive;
        mirrored.receive = keys.send;
        provider.emplace(mirrored);
        session.emplace(keys, ProviderSession::Options{"host", 8442, stratum::Network::regtest, 3, 10s}, now);
    }
    template <Message M>
    std::optional<ProviderTrouble> say(const M& message) {
        std::string payload;
        append(message, payload);
        return say(header_of<M>(payload.size()), payload);
    }
    std::optional<ProviderTrouble> say(const FrameHeader& header, std::string_view payload) {
        std::string wire;
        provider->write(header, stratum::view_of(payload), wire);
        return session->receive(stratum::view_of(wire), now);
    }
    // The next message of ours; "" when there is none.
    template <Message M>
    bool hears(M& message) {
        heard += session->take_output();
        stratum::ByteView wire = stratum::view_of(heard).subspan(taken);
        const auto before = wire.size();
        if (provider->read(wire, 1 << 20) != Read::frame) return false;
        taken += before - wire.size();
        last.assign(provider->payload().begin(), provider->payload().end());
        return is<M>(provider->header()) && !parse(last, message).has_error();
    }
    bool is_quiet() { return session->take_output().empty() && heard.size() == taken; }
    void set_up() {
        SetupConnection setup;
        REQUIRE(hears(setup));
        CHECK(setup.protocol == 2);
        CHECK(setup.min_version == 2);
        CHECK(setup.max_version == 2);
        CHECK(setup.flags == 0);
        CHECK_FALSE(say(SetupConnectionSuccess{2, 0}));
        CoinbaseOutputConstraints constraints;
        REQUIRE(hears(constraints));
        CHECK(constraints.coinbase_output_max_additional_size == provider_outputs_bytes);
    }
    bool asks_for(std::uint64_t template_id) {
        RequestTransactionData request;
        return hears(request) && request.template_id == template_id;
    }
    std::optional<ProviderTrouble> answer(const ProvidedWork& work) {
        RequestTransactionDataSuccess answer;
        answer.template_id = work.offer.template_id;
        answer.transaction_list = work.list();
        return say(answer);
    }
    void give(const ProvidedWork& work) {
        CHECK_FALSE(say(work.new_template(true)));
        CHECK_FALSE(say(work.previous_block()));
        CHECK(asks_for(work.offer.template_id));
        CHECK_FALSE(answer(work));
    }

    TransportKeys keys;
    ProviderSession::Time now{};
    std::optional<Transport> provider;
    std::optional<ProviderSession> session;
    std::string heard;
    std::size_t taken = 0;
    Bytes last;
};

ProvidedWork numbered(std::uint64_t template_id, std::uint8_t previous = 0x33) {
    ProvidedWork out;
    out.offer.template_id = template_id;
    out.tip.previous.bytes.fill(previous);
    return out;
}

}  // namespace

TEST_CASE("Future template, previous block, transactions: then there is work") {
    Dialogue with;
    with.set_up();
    const auto work = numbered(7);
    CHECK_FALSE(with.say(work.new_template(true)));
    CHECK(with.is_quiet());
    CHECK_FALSE(with.say(work.previous_block()));
    CHECK(with.session->tip()->previous == work.tip.previous);
    CHECK_FALSE(with.session->latest());
    REQUIRE(with.asks_for(7));
    CHECK_FALSE(with.answer(work));
    REQUIRE(with.session->latest());
    CHECK(with.session->latest()->longpollid == "3/7");
    CHECK(with.session->latest()->work.origin->connection == 3);

    ProviderSolution solution{"node", {3, 7}, {}, Bytes(100, 1)};
    solution.header[0] = 4;
    solution.header[68] = 5;
    solution.header[76] = 6;
    CHECK(with.session->submit(solution));
    SubmitSolution sent;
    REQUIRE(with.hears(sent));
    CHECK(sent.template_id == 7);
    CHECK(sent.version == 4);
    CHECK(sent.header_timestamp == 5);
    CHECK(sent.header_nonce == 6);
    CHECK(sent.coinbase_tx.size() == 100);
    solution.origin.connection = 2;
    CHECK_FALSE(with.session->submit(solution));
    solution = {"node", {3, 7}, {}, Bytes(0x10000)};
    CHECK_FALSE(with.session->submit(solution));
    CHECK(with.is_quiet());
}

TEST_CASE("Offers on one tip are asked for one at a time, the newest, once a second") {
    Dialogue with;
    with.set_up();
    with.give(numbered(1));
    for (std::uint64_t id = 2; id <= 100; ++id) CHECK_FALSE(with.say(numbered(id).new_template(false)));
    CHECK(with.is_quiet());
    CHECK(with.session->deadline() == with.now + refresh_least);
    with.now += refresh_least;
    CHECK_FALSE(with.session->on_timer(with.now));
    CHECK(with.asks_for(100));
    CHECK_FALSE(with.say(numbered(101).new_template(false)));
    with.now += refresh_least;
    CHECK_FALSE(with.session->on_timer(with.now));
    CHECK(with.is_quiet());
    CHECK_FALSE(with.answer(numbered(100)));
    CHECK(with.session->latest()->longpollid == "3/100");
    CHECK(with.asks_for(101));
}

TEST_CASE("A new tip waits for no answer, and the answer for the old one changes nothing") {
    Dialogue with;
    with.set_up();
    const auto old = numbered(1);
    CHECK_FALSE(with.say(old.new_template(true)));
    CHECK_FALSE(with.say(old.previous_block()));
    CHECK(with.asks_for(1));
    const auto next = numbered(2, 0x44);
    CHECK_FALSE(with.say(next.new_template(true)));
    CHECK_FALSE(with.say(next.previous_block()));
    CHECK(with.asks_for(2));
    CHECK_FALSE(with.answer(old));
    CHECK_FALSE(with.session->latest());
    CHECK_FALSE(with.answer(next));
    CHECK(with.session->latest()->work.previous == next.tip.previous);

    std::optional<ProviderTrouble> trouble;
    for (std::uint8_t i = 0; i < 10 && !trouble; ++i) {
        const auto more = numbered(10U + i, i);
        CHECK_FALSE(with.say(more.new_template(true)));
        trouble = with.say(more.previous_block());
        CHECK((trouble.has_value() || with.asks_for(10U + i)));
    }
    REQUIRE(trouble);
    CHECK(trouble->kind == Kind::silent);
}

TEST_CASE("Only so many future templates are kept") {
    Dialogue with;
    with.set_up();
    for (std::uint64_t id = 1; id <= future_offers_max + 1; ++id)
        CHECK_FALSE(with.say(numbered(id).new_template(true)));
    const auto forgotten = with.say(numbered(1).previous_block());
    REQUIRE(forgotten);
    CHECK(forgotten->kind == Kind::broken);
}

TEST_CASE("What a provider must not say ends the session") {
    struct Case {
        Kind kind;
        std::function<std::optional<ProviderTrouble>(Dialogue&)> say;
    };
    const Case cases[] = {
        {Kind::broken, [](auto& with) { return with.say(numbered(1).new_template(false)); }},
        {Kind::broken, [](auto& with) { return with.say(numbered(1).previous_block()); }},
        {Kind::broken, [](auto& with) { return with.answer(numbered(1)); }},
        {Kind::broken, [](auto& with) { return with.say(header_of<NewTemplate>(0), std::string(20, 'x')); }},
        {Kind::broken,
         [](auto& with) {
             return with.say(header_of<NewTemplate>(0), std::string(offer_frame_bytes_max + 1, 'x'));
         }},
        {Kind::broken,  // unasked, the large size is not accepted
         [](auto& with) {
             return with.say(header_of<RequestTransactionDataSuccess>(0),
                             std::string(offer_frame_bytes_max + 1, 'x'));
         }},
        {Kind::broken,  // and with a request under way for nothing else
         [](auto& with) {
             static_cast<void>(with.say(numbered(1).new_template(true)));
             static_cast<void>(with.say(numbered(1).previous_block()));
             return with.say(header_of<NewTemplate>(0), std::string(offer_frame_bytes_max + 1, 'x'));
         }},
        {Kind::broken,
         [](auto& with) {
             static_cast<void>(with.say(numbered(1).new_template(true)));
             static_cast<void>(with.say(numbered(1).previous_block()));
             return with.say(header_of<RequestTransactionDataSuccess>(0),
                             std::string(transactions_frame_bytes_max + 1, 'x'));
         }},
        {Kind::bad_template,
         [](auto& with) {
             static_cast<void>(with.say(numbered(1).new_template(true)));
             static_cast<void>(with.say(numbered(1).previous_block()));
             auto lie = numbered(1);
             lie.transactions.pop_back();
             return with.answer(lie);
         }},
        {Kind::refused,
         [](auto& with) {
             static_cast<void>(with.say(numbered(1).new_template(true)));
             static_cast<void>(with.say(numbered(1).previous_block()));
             return with.say(RequestTransactionDataError{1, "stale-template-id"});
         }},
        {Kind::silent,
         [](auto& with) {
             static_cast<void>(with.say(numbered(1).new_template(true)));
             static_cast<void>(with.say(numbered(1).previous_block()));
             with.now = with.session->deadline();
             return with.session->on_timer(with.now);
         }},
    };
    for (const auto& each : cases) {
        CAPTURE(&each - cases);
        Dialogue with;
        with.set_up();
        const auto trouble = each.say(with);
        REQUIRE(trouble);
        CHECK(trouble->kind == each.kind);
        CHECK_FALSE(trouble->text.empty());
    }
}

TEST_CASE("A refused request is no trouble while there is work for the tip, nor a message nobody knows") {
    Dialogue with;
    with.set_up();
    with.give(numbered(1));
    with.now += refresh_least;
    CHECK_FALSE(with.say(numbered(2).new_template(false)));
    CHECK(with.asks_for(2));
    CHECK_FALSE(with.say(RequestTransactionDataError{2, "template-id-not-found"}));
    CHECK_FALSE(with.say({0x1234, false, 0x71, 0}, "anything"));
    CHECK(with.session->latest()->longpollid == "3/1");
}

TEST_CASE("A setup that is refused, of another version, no setup at all, or none in time") {
    const auto of = [](const auto& message) {
        Dialogue with;
        return with.say(message);
    };
    CHECK(of(SetupConnectionError{0, "unsupported-protocol"})->kind == Kind::refused);
    CHECK(of(SetupConnectionSuccess{3, 0})->kind == Kind::refused);
    CHECK(of(numbered(1).new_template(true))->kind == Kind::broken);
    Dialogue with;
    CHECK_FALSE(with.session->on_timer(with.now + 9s));
    CHECK(with.session->deadline() == with.now + 10s);
    CHECK(with.session->on_timer(with.now + 10s)->kind == Kind::silent);
    const std::string noise(64, 'x');
    CHECK(with.session->receive(stratum::view_of(noise), with.now)->kind == Kind::broken);
}
