import { SaxesParser } from 'saxes';
import type { S3Object } from './object.ts';

/** A page of ListObjectsV2 or ListObjectVersions. */
export interface ListPage {
  readonly objects: readonly S3Object[];
  /** Query parameters of the next page; undefined on the last. */
  readonly next: Readonly<Record<string, string>> | undefined;
}

type Fields = Map<string, string>;

/**
 * Reads a page. Elements that are not asked for are passed over: servers add their own, and a marker of a
 * deletion is no object.
 *
 * @throws Error when it is not XML, or no list.
 */
export function readListPage(xml: string, bucket: string): ListPage {
  const { root, page, entries } = readEntries(xml);
  if (!/^List(?:Bucket|Versions)Result$/.test(root)) {
    throw new Error(`the answer is no list of objects but <${root}>`);
  }
  const decode = page.get('EncodingType') === 'url' ? decodeUrl : (text: string) => text;
  const objects = entries.map((fields) => objectOf(fields, bucket, decode));
  return { objects, next: nextOf(page, decode) };
}

function readEntries(xml: string): { root: string; page: Fields; entries: readonly Fields[] } {
  const page: Fields = new Map();
  const entries: Fields[] = [];
  const path: string[] = [];
  let entry: Fields | undefined;
  let text = '';
  let root = '';
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw new Error(`the answer is not XML: ${error.message}`);
  });
  parser.on('opentag', ({ name }) => {
    if (path.length === 0) root = name;
    path.push(name);
    text = '';
    if (path.length === 2 && (name === 'Contents' || name === 'Version')) {
      entry = new Map();
      entries.push(entry);
    }
  });
  const addText = (more: string): void => {
    text += more;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', ({ name }) => {
    // An owner's or a checksum's fields lie deeper, and are nobody's here.
    if (path.length === 2 && entry === undefined) page.set(name, text);
    if (path.length === 3) entry?.set(name, text);
    if (path.length === 2) entry = undefined;
    path.pop();
    text = '';
  });
  parser.write(xml).close();
  return { root, page, entries };
}

function objectOf(fields: Fields, bucket: string, decode: (text: string) => string): S3Object {
  const lastModifiedMs = Date.parse(fields.get('LastModified') ?? '');
  const key = decode(fields.get('Key') ?? '');
  if (Number.isNaN(lastModifiedMs) || key === '') {
    throw new Error(`the list has an object without key or time: ${key}`);
  }
  return {
    bucket,
    key,
    size: Number(fields.get('Size') ?? 0),
    etag: (fields.get('ETag') ?? '').replaceAll('"', ''),
    lastModifiedMs,
    versionId: fields.get('VersionId'),
  };
}

function nextOf(page: Fields, decode: (text: string) => string): ListPage['next'] {
  if (page.get('IsTruncated') !== 'true') return undefined;
  // A token is the server's own and is given back as it came; markers are keys.
  const token = page.get('NextContinuationToken');
  if (token !== undefined) return { 'continuation-token': token };
  const keyMarker = page.get('NextKeyMarker');
  if (keyMarker === undefined) throw new Error('the list is cut off and does not say where');
  const versionMarker = page.get('NextVersionIdMarker') ?? '';
  return {
    'key-marker': decode(keyMarker),
    ...(versionMarker === '' ? {} : { 'version-id-marker': versionMarker }),
  };
}

function decodeUrl(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
