// Copyright 2026 the Adjoint authors. MIT license.

// Written by `deno task wasm` from `coefficients.ts`.

export const EXP_0: f32 = 0.5;
export const EXP_1: f32 = 0.1666654348373413;
export const EXP_2: f32 = 0.04166628047823906;
export const EXP_3: f32 = 0.008366577327251434;
export const EXP_4: f32 = 0.0013946439139544964;

export const LOG_0: f32 = 0.3333331048488617;
export const LOG_1: f32 = -0.24999986588954926;
export const LOG_2: f32 = 0.20002226531505585;
export const LOG_3: f32 = -0.16669252514839172;
export const LOG_4: f32 = 0.14218664169311523;
export const LOG_5: f32 = -0.12384334951639175;
export const LOG_6: f32 = 0.11872926354408264;
export const LOG_7: f32 = -0.11789864301681519;
export const LOG_8: f32 = 0.06915539503097534;

export const TANH_0: f32 = -0.3333328366279602;
export const TANH_1: f32 = 0.13331490755081177;
export const TANH_2: f32 = -0.05374349653720856;
export const TANH_3: f32 = 0.02065058797597885;
export const TANH_4: f32 = -0.005717045161873102;

export const ERF_0: f32 = 0.12837916612625122;
export const ERF_1: f32 = -0.3761262595653534;
export const ERF_2: f32 = 0.11283600330352783;
export const ERF_3: f32 = -0.026854444295167923;
export const ERF_4: f32 = 0.005189535208046436;
export const ERF_5: f32 = -0.0008020842215046287;
export const ERF_6: f32 = 0.00007889122207416221;

export const TAIL_0: f32 = 0.7552851438522339;
export const TAIL_1: f32 = -0.6078965663909912;
export const TAIL_2: f32 = 0.38713690638542175;
export const TAIL_3: f32 = -0.18652333319187164;
export const TAIL_4: f32 = 0.06040399149060249;
export const TAIL_5: f32 = -0.007525974418967962;
export const TAIL_6: f32 = -0.0035137590020895004;
export const TAIL_7: f32 = 0.0015708330320194364;
export const TAIL_8: f32 = 0.00018191448180004954;
export const TAIL_9: f32 = -0.00013077890616841614;

export const LOG2_0: f64 = 2.88539008179014;
export const LOG2_1: f64 = 0.9617966732840115;
export const LOG2_2: f64 = 0.5770835944715771;
export const LOG2_3: f64 = 0.4116722186126519;
export const LOG2_4: f64 = 0.34073833427580674;

export const EXP2_0: f64 = 0.6931471805416521;
export const EXP2_1: f64 = 0.24022651075846235;
export const EXP2_2: f64 = 0.055504109625831;
export const EXP2_3: f64 = 0.009618036911646222;
export const EXP2_4: f64 = 0.001333343077574181;
export const EXP2_5: f64 = 0.0001546711013372355;
export const EXP2_6: f64 = 0.000015314949707769294;
