#pragma once
// What declaration sessions share: the newest template, known transactions, accepted jobs that wait to be set
// on a channel. Thread `declaration`.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <boost/asio/any_io_executor.hpp>

#include "server/declaration/known_transactions.h"
#include "server/declaration/server.h"
#include "server/declaration/session.h"

namespace server::declaration {

class Desk final : public Host {
  public:
    Desk(boost::asio::any_io_executor executor, stratum::Bytes payout_script, Surroundings surroundings,
         Server::Jobs& jobs, prometheus::Registry& registry);

    void on_template(stratum::TemplatePtr work);
    // About once a second: accepted jobs that nobody came for.
    void expire(Session::Instant now);
    [[nodiscard]] std::shared_ptr<const pool::ServerIdentity> identity() const {
        return surroundings_.identity();
    }
    prometheus::Gauge& connections() { return connections_; }

    [[nodiscard]] stratum::TemplatePtr newest() const override { return newest_; }
    [[nodiscard]] const stratum::TemplateTransaction* known(const stratum::Hash256& wtxid) const override {
        return transactions_.find(wtxid);
    }
    [[nodiscard]] stratum::ByteView payout_script() const override { return payout_script_; }
    stratum::Bytes new_token() override;
    std::uint64_t new_number() override { return next_number_++; }
    [[nodiscard]] std::int64_t now_us() const override;
    void propose(node::OutgoingBlockPtr block, OnAnswer on_answer) override;
    [[nodiscard]] bool publish(const stratum::Bytes& token, stratum::v2::DeclaredJobPtr job) override;
    void submit(node::BlockCandidate candidate) override;
    void count(std::string_view result) override;

  private:
    struct Waiting {
        stratum::v2::DeclaredJobPtr job;
        Session::Instant since;
    };
    void show_waiting();

    const boost::asio::any_io_executor executor_;
    const stratum::Bytes payout_script_;
    const Surroundings surroundings_;
    Server::Jobs& jobs_;
    prometheus::Family<prometheus::Counter>& declarations_;
    prometheus::Counter& blocks_;
    prometheus::Gauge& connections_;
    stratum::TemplatePtr newest_;
    KnownTransactions transactions_;
    std::map<stratum::Bytes, Waiting> waiting_;  // by token
    std::uint64_t next_number_;
};

}  // namespace server::declaration
