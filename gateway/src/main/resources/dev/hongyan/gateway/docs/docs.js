// The contract of this node, tried out against this node. No address of another site: the
// validator's badge, which Swagger UI would fetch, is off. A key is forgotten with the page.
SwaggerUIBundle({
  url: '/api/v1/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  docExpansion: 'list',
  validatorUrl: null,
  persistAuthorization: false,
  tryItOutEnabled: true,
  filter: true,
});
