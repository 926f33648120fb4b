// The screens' only way to the document: descriptions of elements, and a painter that changes what
// differs. Text goes in as text nodes alone, so nothing that a person or a site wrote can become
// an element, an attribute with a meaning, or a script.

const EVENTS = /^on[a-z]+$/;
const PROPERTIES = new Set(["value", "checked", "disabled", "open", "hidden", "indeterminate", "past"]);

// h("button", { class: "take", onclick, key }, "TAKE", h("kbd", {}, "Space"))
export function h(tag, props, ...children) {
  return { tag, props: props ?? {}, children: flat(children, []) };
}

function flat(children, into) {
  for (const child of children) {
    if (Array.isArray(child)) flat(child, into);
    else if (child !== null && child !== undefined && child !== false) {
      into.push(typeof child === "object" ? child : String(child));
    }
  }
  return into;
}

// Makes the children of `root` look like `children`; what has the same key or place is kept.
export function paint(root, ...children) {
  patch(root, flat(children, []));
}

function patch(parent, wanted) {
  const keyed = new Map();
  for (const node of parent.childNodes) {
    if (node.described?.props.key !== undefined) keyed.set(node.described.props.key, node);
  }
  let at = parent.firstChild;
  for (const child of wanted) {
    const key = typeof child === "string" ? undefined : child.props.key;
    let node = key === undefined ? at : keyed.get(key);
    if (!fits(node, child)) node = undefined;
    if (node === undefined || node === null) {
      node = make(child);
      parent.insertBefore(node, at);
    } else {
      if (node === at) at = at.nextSibling;
      else parent.insertBefore(node, at);
      change(node, child);
    }
  }
  while (at !== null) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function fits(node, child) {
  if (!node) return false;
  if (typeof child === "string") return node.nodeType === Node.TEXT_NODE;
  return (
    node.described !== undefined &&
    node.described.tag === child.tag &&
    node.described.props.key === child.props.key
  );
}

function make(child) {
  if (typeof child === "string") return document.createTextNode(child);
  const node = document.createElement(child.tag);
  node.described = { tag: child.tag, props: { key: child.props.key }, children: [] };
  change(node, child);
  child.props.made?.(node);
  return node;
}

function change(node, child) {
  if (typeof child === "string") {
    if (node.data !== child) node.data = child;
    return;
  }
  const old = node.described.props;
  const now = child.props;
  for (const name in old) if (!(name in now)) set(node, name, undefined);
  for (const name in now) {
    if (name === "style") style(node, old.style ?? {}, now.style ?? {});
    else if (old[name] !== now[name]) set(node, name, now[name]);
  }
  node.described = child;
  if (!now.own) patch(node, child.children);
}

function set(node, name, value) {
  if (name === "key" || name === "made" || name === "own") return;
  if (EVENTS.test(name)) node[name] = value ?? null;
  else if (PROPERTIES.has(name)) node[name] = value ?? (name === "value" ? "" : false);
  else if (value === undefined || value === null || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : String(value));
}

function style(node, old, now) {
  for (const name in old) if (!(name in now)) node.style.removeProperty(name);
  for (const name in now) {
    if (old[name] !== now[name]) node.style.setProperty(name, String(now[name]));
  }
}

export const $ = (id) => document.getElementById(id);
