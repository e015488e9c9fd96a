/**
 * As whom we ask to be let in. With the right token every version lets us in,
 * but some take away what we may do: which ones is this table, measured on real
 * gateways (lab/reach.ts). Tried from top to bottom; mildest first, for `cli`
 * leaves no entry in the gateway's list of who is there, and `device` may be
 * remembered by it as a paired device. Data.
 */

export interface Identity {
  readonly name: "cli" | "backend" | "device";
  /** From the closed list of the protocol. */
  readonly client: { readonly id: string; readonly mode: string };
  /** Signs with our key, see device.ts. */
  readonly isSigned: boolean;
  /** Versions that leave it its scopes, on loopback with a token. */
  readonly keepsScopesOn: readonly string[];
  readonly losesScopesOn: readonly string[];
}

export const IDENTITIES: readonly Identity[] = [
  {
    name: "cli",
    client: { id: "cli", mode: "cli" },
    isSigned: false,
    keepsScopesOn: ["2026.1.24-3", "2026.1.30", "2026.2.26", "2026.7.1", "2026.9.6"],
    losesScopesOn: ["2026.3.31", "2026.4.15", "2026.5.28", "2026.6.11"],
  },
  {
    name: "backend",
    client: { id: "gateway-client", mode: "backend" },
    isSigned: false,
    keepsScopesOn: ["2026.1.24-3", "2026.1.30", "2026.2.26", "2026.5.28", "2026.6.11", "2026.7.1", "2026.9.6"],
    losesScopesOn: ["2026.3.31", "2026.4.15"],
  },
  {
    name: "device",
    client: { id: "gateway-client", mode: "backend" },
    isSigned: true,
    keepsScopesOn: [
      "2026.1.24-3",
      "2026.1.30",
      "2026.2.26",
      "2026.3.31",
      "2026.4.15",
      "2026.5.28",
      "2026.6.11",
      "2026.7.1",
      "2026.9.6",
    ],
    losesScopesOn: [],
  },
];
