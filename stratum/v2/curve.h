#pragma once
// The one libsecp256k1 context of this folder. Its .cpp files only. Any thread reads it.

struct secp256k1_context_struct;

namespace stratum::v2 {

const secp256k1_context_struct* curve();

}  // namespace stratum::v2
