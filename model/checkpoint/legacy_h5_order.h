// Whether the order of weights inside one layer of a legacy H5 file is beyond doubt.
#pragma once

#include "model/checkpoint/legacy_h5.h"
#include "model/checkpoint/match.h"

namespace weightproof {

// REQUIRES: as many weights in the file's layer as in the model's. Pairs them by position and
// checks what their names say. RoleMismatch; for nested layers also ClassMismatch,
// GivenNameElsewhere and AmbiguousOrder.
Status CheckOrderInside(const LegacyFile& file, const LegacyLayer& from, const TopLayer& to,
                        const NameJudge& judge, Ledger& ledger);

}  // namespace weightproof
