// A component that shows what it follows in `node` of the page, for tests of follow.js.
export default function ({ data }) { follow(node, data.followed, data.content, (content) => shown.push(content)); }
