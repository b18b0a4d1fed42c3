// Workers that shares name behind a proxy (extension 0x0002).

#include "stratum/v2/error_codes.h"
#include "stratum/v2/tlv.h"
#include "tests/unit/stratum/v2/mining_work.h"

using namespace stratum;
using namespace stratum::v2;
using namespace stratum::v2::testing;

TEST_CASE("Shares name their workers once the extension is negotiated") {
    MiningWorld world;
    const auto work = start_extended(world, std::string(test_address) + ".proxy");
    std::vector<std::uint32_t> workers;
    world.on_verdict = [&](const PendingShare& share, const Hash256&, const Verdict&) {
        workers.push_back(share.worker);
    };
    Bytes rest(16);
    std::uint32_t sequence = 0;
    const auto submit = [&](std::string_view name) {
        ++rest[1];
        Share share(work, 2, ++sequence, rest);
        std::string area;
        append_tlv(area, {extension_worker_identity, worker_identity_field, view_of(name)});
        share.extension_area = view_of(area);
        world.send<SubmitSharesExtended>(share);
    };
    submit("rig1");  // not negotiated: ignored
    world.send(RequestExtensions{1, {extension_worker_identity}});
    world.expect<RequestExtensionsSuccess>();
    submit("rig1");
    submit("rig2");
    submit("rig1");
    submit("");
    const auto number = [&](const std::string& name) { return world.workers.at(test_address + name); };
    CHECK(workers == std::vector<std::uint32_t>{number(".proxy"), number(".rig1"), number(".rig2"),
                                                number(".rig1"), number(".proxy")});
    CHECK(world.session->worker_numbers().size() == 3);
    submit(std::string(33, 'x'));
    CHECK(world.expect<SubmitSharesError>()->error_code == submit_error::invalid_share);
    submit("a\nb");
    CHECK(world.expect<SubmitSharesError>()->error_code == submit_error::invalid_share);
    CHECK(world.workers.size() == 3);
    world.send(CloseChannel{2, ""});
    CHECK(world.logouts == 3);
}

TEST_CASE("Beyond the bound of told names, shares count for the channel's own worker") {
    MiningWorld world;
    world.settings.mining.success_batch = 100'000;
    world.connect();
    const auto work = start_extended(world, std::string(test_address) + ".proxy");
    world.send(RequestExtensions{1, {extension_worker_identity}});
    world.expect<RequestExtensionsSuccess>();
    std::uint32_t last = 0;
    world.on_verdict = [&](const PendingShare& share, const Hash256&, const Verdict& verdict) {
        CHECK_FALSE(verdict.reject);
        last = share.worker;
    };
    Bytes rest(16);
    const auto submit = [&](std::uint32_t number) {
        store_le32(rest.data(), number);
        Share share(work, 2, number, rest);
        std::string area;
        append_worker_identity(area, "rig" + std::to_string(number));
        share.extension_area = view_of(area);
        world.send<SubmitSharesExtended>(share);
        return last;
    };
    for (std::uint32_t i = 0; i < told_workers_per_session_max; ++i) submit(i);
    CHECK(last == world.workers.at(test_address + std::string(".rig16383")));
    CHECK(submit(20'000) == world.workers.at(test_address + std::string(".proxy")));
    CHECK(world.session->worker_numbers().size() == told_workers_per_session_max + 1);
    world.send(CloseChannel{2, ""});
    CHECK(world.logouts == told_workers_per_session_max + 1);
}
