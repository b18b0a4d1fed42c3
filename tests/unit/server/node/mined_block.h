#pragma once
// A block made of a template as the pool would make it, solved, and open to damage: change a part, then
// build(), commit() or solve() again.

#include "server/node/rpc_reply.h"
#include "stratum/template.h"

namespace node_test {

class MinedBlock {
  public:
    enum class Proof { searched, skipped };
    explicit MinedBlock(stratum::Template work_given, Proof proof = Proof::searched);

    void build();   // coinbase and merkle root from `work`
    void commit();  // branches and commitment from work.transactions, then build()
    void solve();   // a nonce for `header`
    [[nodiscard]] stratum::Bytes bytes() const;
    [[nodiscard]] stratum::Hash256 hash() const;
    [[nodiscard]] const stratum::Bytes& coinbase() const { return coinbase_; }

    stratum::Template work;
    server::node::BlockHeader header;
    std::int64_t extra_sats = 0;  // taken beyond the template's value

  private:
    stratum::Bytes coinbase_;
};

}  // namespace node_test
