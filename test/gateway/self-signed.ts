/** A certificate that vouches for itself, made here: a key in the repository would alarm whoever looks for leaked ones. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

export function selfSigned(name = "gateway"): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const der = certificate(name, publicKey, privateKey);
  const lines = der.toString("base64").replace(/.{64}/g, "$&\n");
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

const ECDSA_WITH_SHA256 = "2a8648ce3d040302";
const COMMON_NAME = "550403";

/** RFC 5280, as little of it as a TLS client needs. */
function certificate(name: string, publicKey: KeyObject, privateKey: KeyObject): Buffer {
  const algorithm = tlv(0x30, tlv(0x06, Buffer.from(ECDSA_WITH_SHA256, "hex")));
  const commonName = tlv(0x30, tlv(0x06, Buffer.from(COMMON_NAME, "hex")), tlv(0x0c, Buffer.from(name)));
  const subject = tlv(0x30, tlv(0x31, commonName));
  const day = 24 * 60 * 60_000;
  const validity = tlv(0x30, utcTime(Date.now() - day), utcTime(Date.now() + day));
  const serial = tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)]));
  const spki = publicKey.export({ type: "spki", format: "der" });
  const body = tlv(0x30, serial, algorithm, subject, validity, subject, spki);
  const signature = sign("sha256", body, privateKey);
  return tlv(0x30, body, algorithm, tlv(0x03, Buffer.from([0]), signature));
}

/** `YYMMDDHHMMSSZ` */
function utcTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, "").slice(2, 14);
  return tlv(0x17, Buffer.from(`${digits}Z`));
}

/** Tag, length, value. */
function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const { length } = value;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}
