#include "tests/integration/node/nodes_world.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "server/log.h"
#include "stratum/sha256.h"
#include "tests/catch.h"

namespace node_test {

using namespace server::node;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds wait_max{60};

}  // namespace

NodesOptions quick_options() {
    NodesOptions options;
    options.poll_interval = std::chrono::milliseconds(20);
    options.rpc_timeout = std::chrono::milliseconds(2000);
    options.development_chain_nbits = 0x207fffff;
    options.payout_script = {0x51};
    options.coinbase_tag = "/test/";
    return options;
}

NodesWorld::NodesWorld(NodesOptions given) : options(std::move(given)) {
    if (options.data_dir.empty()) options.data_dir = folder.path();
}

NodesWorld::~NodesWorld() { stop(); }

void NodesWorld::start() {
    server::log::configure(server::log::Level::error, server::log::Format::text);
    registry_ = std::make_shared<prometheus::Registry>();
    NodesEvents events;
    events.on_template = [this](stratum::TemplatePtr work) { templates.push_back(std::move(work)); };
    events.on_block_news = [this](const BlockNews& item) { news.push_back(item); };
    events.on_flow = [this](bool flows) { flow.push_back(flows); };
    nodes_ = std::make_unique<Nodes>(control, options, std::move(events), *registry_);
    nodes_->start();
}

void NodesWorld::stop() {
    if (!nodes_) return;
    nodes_->stop();
    nodes_.reset();
    control.restart();
    control.poll();
    templates.clear();
    news.clear();
    flow.clear();
}

stratum::TemplatePtr NodesWorld::latest() const { return templates.empty() ? nullptr : templates.back(); }

void NodesWorld::run_until(const std::function<bool()>& holds) {
    const auto until = steady_clock::now() + wait_max;
    control.restart();
    while (!holds()) {
        REQUIRE(steady_clock::now() < until);
        control.run_one_for(std::chrono::milliseconds(100));
    }
}

NodeStatus NodesWorld::status(std::size_t node) const {
    const auto all = nodes_->status();
    return node < all.size() ? all[node] : NodeStatus{};
}

void NodesWorld::run_until_state(NodeState state, std::size_t node) {
    INFO("waiting for " << name_of(state));
    run_until([&] { return status(node).state == state; });
}

void NodesWorld::run_until_full(std::uint32_t height) {
    run_until([&] { return latest() && !latest()->early && latest()->height >= height; });
}

stratum::Hash256 NodesWorld::solve_and_submit(const stratum::TemplatePtr& work) {
    const MinedBlock block(*work);
    BlockCandidate candidate;
    candidate.hash = block.hash();
    candidate.header = serialise(block.header);
    candidate.coinbase = block.coinbase();
    candidate.work = work;
    nodes_->submit(std::move(candidate));
    return block.hash();
}

bool NodesWorld::has_news(const stratum::Hash256& hash, BlockState state) const {
    return std::any_of(news.begin(), news.end(),
                       [&](const auto& item) { return item.hash == hash && item.state == state; });
}

double NodesWorld::metric(const std::string& name, const std::vector<std::string>& labels) const {
    for (const auto& family : registry_->Collect()) {
        if (family.name != name) continue;
        for (const auto& one : family.metric) {
            const auto has = [&](const std::string& value) {
                return std::any_of(one.label.begin(), one.label.end(),
                                   [&](const auto& label) { return label.value == value; });
            };
            if (std::all_of(labels.begin(), labels.end(), has)) return one.gauge.value + one.counter.value;
        }
    }
    return -1;
}

}  // namespace node_test
