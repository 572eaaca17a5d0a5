import { evaluate } from "../../ops/proof/evaluate.ts";
import { Sizes } from "../../ops/proof/page.ts";
import * as library from "../../mod.ts";
import { gradcheck } from "../../ops/proof/gradcheck.ts";
console.log(evaluate, Sizes, library, gradcheck);
