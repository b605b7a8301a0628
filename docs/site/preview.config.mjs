// How `npm run docs -- --serve` shows the sites: an address that they do not have is answered with 404, not with the first page.
export default { appType: "mpa" };
