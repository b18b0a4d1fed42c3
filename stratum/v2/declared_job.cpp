#include "stratum/v2/declared_job.h"

namespace stratum::v2 {

CoinbaseParts coinbase_of(const DeclaredJob& declared) {
    CoinbaseParts out;
    ByteWriter head(out.prefix);
    head.le32(declared.coinbase_version);
    head.compact_size(1);
    head.bytes(Hash256{}.bytes);
    head.le32(0xffffffff);
    head.compact_size(declared.script_prefix.size() + declared.extranonce_bytes);
    head.bytes(declared.script_prefix);
    ByteWriter tail(out.suffix);
    tail.le32(declared.sequence);
    tail.bytes(declared.outputs);
    tail.le32(declared.lock_time);
    return out;
}

}  // namespace stratum::v2
